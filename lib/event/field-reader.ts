/** What the generated code asks of a Decoder: the words of an event, and the kinds of fields that are more than a word. */
export interface FieldReader {
  readonly i32: Int32Array;
  readonly i64: BigInt64Array;
  /** Text by the ids that may occur. */
  readonly known: readonly (string | undefined)[];
  /** Word behind the section just read. */
  w: number;
  /** Whether a record of at most `most` words from word `w` on might reach past the event, so that its words must be counted. */
  isTight(w: number, most: number): boolean;
  /** Whether the words of the event end before word `w`. */
  ends(w: number): boolean;
  /** Refuses a section of `count` words from word `w` on that reaches past the end of the words. */
  require(w: number, count: number): void;
  /** The text of a reference. Bundled texts must be read in their order. */
  text(ref: number): string;
  json(ref: number): Record<string, unknown>;
  double(w: number): number;
  safeInteger(w: number, path: string): number;
  port(w: number, path: string): number;
  /** Reads a counted array and moves behind it. */
  strings(w: number): string[];
  /** Reads a counted map and moves behind it. */
  stringMap(w: number): Record<string, string>;
  /** The raw bytes between the words, which end before `w`, and the text. */
  rawBytes(w: number): Uint8Array;
  /** Every byte must have been used. */
  finish(w: number, hasRawBytes: boolean): void;
}
