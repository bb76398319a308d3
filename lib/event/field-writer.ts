/** What the generated code asks of an Encoder: where the words of an event go, and the kinds of fields that are more than a word. */
export interface FieldWriter {
  readonly i32: Int32Array;
  readonly i64: BigInt64Array;
  /**
   * The text that each field of interned text mostly has, in the table's own copy, and its reference. At first the empty text,
   * which is never interned.
   */
  readonly memoTexts: readonly string[];
  readonly memoRefs: Int32Array;
  /** The cache of interned texts. */
  readonly cachedTexts: readonly string[];
  readonly cachedRefs: Int32Array;
  /** Takes note of a text for the bundle, and writes its reference on the assumption that it is Latin-1. */
  stage(word: number, text: string): void;
  /** Writes the reference of a text that recurs and is not the one of its place in the memo. */
  interned(word: number, text: string, place: number): void;
  /** Likewise of a field that changes from event to event, where the cache does not have the text at its spot. */
  changed(word: number, text: string, place: number): void;
  double(word: number, value: number): void;
  /** Writes the reference of a JSON object, which travels as text. */
  json(word: number, value: object, path: string): void;
  /** Writes a counted array of texts; returns the word behind it. */
  strings(word: number, items: readonly unknown[], path: string, place: number, interned: boolean): number;
  /** Writes a counted map of texts to texts; returns the word behind it. */
  stringMap(
    word: number,
    map: Readonly<Record<string, unknown>>,
    path: string,
    place: number,
    internedKeys: boolean,
    internedValues: boolean,
  ): number;
  /** Takes note of raw bytes, the last field that is read; they are copied when the words are written. */
  rawBytes(value: Uint8Array): void;
}
