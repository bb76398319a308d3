/**
 * The text of a JSON object in place of the object, so that it need neither be parsed nor written again on its way into a buffer. Whoever keeps it
 * vouches for it: it is the text of an object, exact, well-formed, and no deeper than `jsonText` writes.
 */

/** Stands for the object that JSON.parse gives for the text: empty, as who takes it out of a buffer parses the text. */
class KeptText {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  static of(value: object): string | undefined {
    return #text in value ? value.#text : undefined;
  }
}
// A plain object, as any other that is the value of a field.
Object.setPrototypeOf(KeptText.prototype, null);

export function keptText(text: string): Record<string, unknown> {
  return new KeptText(text) as unknown as Record<string, unknown>;
}

/** The text that an object stands for; undefined of all others. */
export function knownJsonText(value: object): string | undefined {
  return KeptText.of(value);
}
