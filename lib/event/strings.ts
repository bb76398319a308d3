/**
 * Interning of text that recurs, in front of the process-wide table of the addon.
 *
 * Each thread keeps its own caches. A text enters the process-wide table only when this thread meets it a
 * second time, so values that occur once do not fill it; what was met once is remembered as a hash in a
 * fixed number of places. When the table is full this thread stops asking: new text then travels in the
 * bundle of its event, which is slower and never wrong.
 */
import { binding } from '../binding';
import { TapioError } from '../errors';
import { Reference } from './references';

/** UTF-8 bytes; the table refuses longer text. */
const MAX_INTERNED_BYTES = 256;

const CACHE_BITS = 12;
export const CACHE_SIZE = 2 ** CACHE_BITS;
/** At first the empty text, which is never interned. */
export const cachedTexts: string[] = new Array<string>(CACHE_SIZE).fill('');
export const cachedRefs = new Int32Array(CACHE_SIZE).fill(Reference.BUNDLED);
const metOnce = new Int32Array(CACHE_SIZE);
const idOfText = new Map<string, number>();
/** Grows; what is missing may be in the process-wide table all the same: see internedText. */
export const textOfId: (string | undefined)[] = [undefined];
let tableIsFull = false;

/**
 * The id of a text, or 0 when it has none and must travel in the bundle.
 *
 * @param salt where the text occurs, so that the values of one field do not push those of another out of the cache
 */
export function internedId(text: string, salt: number): number {
  const length = text.length;
  if (length === 0) return 0;
  // The upper bits of a product depend on all bits of its factors.
  const place =
    Math.imul(salt + length * 256 + text.charCodeAt(length - 1), 0x9e3779b1) >>> (32 - CACHE_BITS);
  if (cachedTexts[place] === text) return cachedRefs[place];
  return length > MAX_INTERNED_BYTES ? 0 : findOrIntern(text, place);
}

function findOrIntern(text: string, place: number): number {
  let id = idOfText.get(text);
  if (id === undefined) {
    if (tableIsFull || !metBefore(text)) return 0;
    id = binding.internString(text);
    if (id === 0) {
      if (Buffer.byteLength(text) <= MAX_INTERNED_BYTES) tableIsFull = true;
      return 0;
    }
    idOfText.set(internedText(id), id);
  }
  // The table's own copy, never the caller's string, which may be a slice that keeps a large text alive.
  cachedTexts[place] = internedText(id);
  cachedRefs[place] = id;
  return id;
}

function metBefore(text: string): boolean {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 15;
  const place = hash & (CACHE_SIZE - 1);
  if (metOnce[place] === hash) return true;
  metOnce[place] = hash;
  return false;
}

/** The text of an id. Throws ERR_CORRUPT_DATA for an id that was never given out in this process. */
export function internedText(id: number): string {
  return textOfId[id] ?? loadText(id);
}

function loadText(id: number): string {
  const text = id > 0 ? binding.internedString(id) : undefined;
  if (text === undefined) throw new TapioError('ERR_CORRUPT_DATA', `no text was interned as ${id}`);
  // Ids of other threads may come in any order; the gaps must not make this array sparse.
  while (textOfId.length < id) textOfId.push(undefined);
  return (textOfId[id] = internalize(text));
}

/** The engine's one copy of a text: property names and comparisons are fastest with it. */
function internalize(text: string): string {
  return Object.keys({ [text]: true })[0];
}
