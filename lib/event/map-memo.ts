/** Pairs of a map that is remembered, and maps: a power of two. */
const MAX_PAIRS = 16;
const PLACES = 64;

interface Known {
  readonly refs: Int32Array;
  readonly map: Readonly<Record<string, string>>;
}

/**
 * Maps of interned text that have been decoded, by their references: label sets recur as a whole, and a copy of an object
 * costs a fraction of one that is made key by key. Bounded; a new map takes the place of another.
 */
export class MapMemo {
  private readonly places = new Array<Known | undefined>(PLACES).fill(undefined);

  /** The map whose references are the words `from` to `to - 1`; its caller copies it. */
  find(words: Int32Array, from: number, to: number): Readonly<Record<string, string>> | undefined {
    const known = this.places[placeOf(words, from, to)];
    if (known === undefined) return undefined;
    const { refs } = known;
    if (refs.length !== to - from) return undefined;
    for (let i = 0; i < refs.length; i++) if (refs[i] !== words[from + i]) return undefined;
    return known.map;
  }

  /** Keeps a copy of a map that `find` did not know, if all of its text is interned. */
  remember(words: Int32Array, from: number, to: number, map: Readonly<Record<string, string>>): void {
    if (to - from > 2 * MAX_PAIRS) return;
    const refs = words.slice(from, to);
    if (refs.every((ref) => ref > 0)) this.places[placeOf(words, from, to)] = { refs, map: { ...map } };
  }
}

/** By the values, which differ more than keys do. */
function placeOf(words: Int32Array, from: number, to: number): number {
  let hash = to - from;
  for (let k = from + 1; k < to; k += 2) hash = Math.imul(hash, 31) + words[k];
  return (hash ^ (hash >>> 6)) & (PLACES - 1);
}
