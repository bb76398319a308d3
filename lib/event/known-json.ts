/**
 * The text that a JSON object was parsed from, kept with the object, so that it need not be written again when the object goes into a
 * buffer. Whoever keeps it vouches for it: the object must be what JSON.parse gives for the text, and nobody may change it.
 */

/** Returns what it is given, which then is the `this` of the class below: private fields can be added to any object. */
const Itself = function (value: object): object {
  return value;
} as unknown as new (value: object) => object;

class KnownJson extends Itself {
  #text: string;

  constructor(value: object, text: string) {
    super(value);
    this.#text = text;
  }

  static keep(value: object, text: string): void {
    if (#text in value) value.#text = text;
    else new KnownJson(value, text);
  }

  static textOf(value: object): string | undefined {
    return #text in value ? value.#text : undefined;
  }
}

/** Keeps the text of an object. */
export function keepJsonText(value: object, text: string): void {
  KnownJson.keep(value, text);
}

/** The text that was kept with an object; undefined of all others. */
export function knownJsonText(value: object): string | undefined {
  return KnownJson.textOf(value);
}

/** Stands for the object that JSON.parse gives for the text: empty, as who reads it will parse the text. */
export function keptText(text: string): Record<string, unknown> {
  const stand = {};
  KnownJson.keep(stand, text);
  return stand;
}
