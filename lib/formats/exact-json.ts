/**
 * JSON.parse that loses nothing of integers. An integer that a double cannot hold becomes the text of its digits, and so does a
 * number beyond all doubles: `{"ns":1795860000123456789}` gives `{ ns: '1795860000123456789' }`. They are quoted in the text before it is parsed, as
 * Node 20 gives a reviver no source text, and as a reviver costs several times what the parser does.
 */

/** Values nested deeper than this are refused: an event's attributes may be 1000 deep, and a reader adds a few levels. */
export const MAX_DEPTH = 500;

/** Where a number may begin that must be quoted: 16 digits from 9, or 17, or an exponent of three digits. */
const PERHAPS_INEXACT = /[:,[\s]-?(?:9\d{15}|[1-9]\d{16})|\d[eE]\+?\d{3}/;
/**
 * The same as the value of a key. The quote before the colon ends the key: one that begins a string stands behind one of `:,[{` or
 * a space, and one inside a string behind a backslash.
 */
const LONG_VALUE = /([^:,[{\s\\]"\s*:\s*)(-?[1-9]\d{16,30})(?=\s*[,}])/g;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const INTEGER = /^-?\d+$/;

/** Halves of surrogate pairs as escapes, together with what must not be taken for one. */
const ESCAPED_HALF = /\\u[dD][89a-fA-F]/;
const ESCAPES = /\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u[dD][89a-fA-F]..|\\./g;

/** The value, or undefined when the text is no JSON. Halves of surrogate pairs become U+FFFD, as they do in an event. */
export function parseExact(text: string): unknown {
  let json = text.isWellFormed() ? text : text.toWellFormed();
  if (json.includes('\\u') && ESCAPED_HALF.test(json)) json = json.replace(ESCAPES, replaceHalf);
  if (PERHAPS_INEXACT.test(json)) json = quoteInexact(json);
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** A half has six characters, a pair twelve, another escape two. */
function replaceHalf(escape: string): string {
  return escape.length === 6 ? '\\ufffd' : escape;
}

function quoteInexact(text: string): string {
  const quoted = text.replace(LONG_VALUE, '$1"$2"');
  return PERHAPS_INEXACT.test(quoted) ? quoteOutsideStrings(quoted) : quoted;
}

/** For what the quick pattern cannot tell: items of arrays, odd keys, digits inside strings. Linear in the text. */
function quoteOutsideStrings(text: string): string {
  let result = '';
  let from = 0;
  while (from < text.length) {
    const open = text.indexOf('"', from);
    const between = text.slice(from, open < 0 ? text.length : open);
    result += between.length < 4 ? between : between.replace(NUMBER, quoteIfInexact);
    if (open < 0) break;
    const end = endOfString(text, open);
    result += text.slice(open, end);
    from = end;
  }
  return result;
}

function quoteIfInexact(number: string): string {
  const value = Number(number);
  const exact = Number.isFinite(value) && (!INTEGER.test(number) || Number.isSafeInteger(value));
  // JSON has no leading zeros: such a line stays no JSON.
  return exact || /^-?0\d/.test(number) ? number : `"${number}"`;
}

/** One past the quote that ends the string whose quote opens at `open`; the end of the text where none does. */
function endOfString(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let first = at;
    while (text.charCodeAt(first - 1) === BACKSLASH) first--;
    if (((at - first) & 1) === 0) return at + 1;
  }
  return text.length;
}

const BACKSLASH = 0x5c;

/** A text shorter than this is not nested too deep. */
const SHORTEST_TOO_DEEP = 2 * MAX_DEPTH;

/** Whether a value of this text may be nested deeper than MAX_DEPTH, by what the text begins: an upper bound, cheap. */
function opensMany(text: string): boolean {
  let opened = 0;
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      if (++opened > MAX_DEPTH) return true;
    }
  }
  return false;
}

/** Whether the value of `text` is nested deeper than MAX_DEPTH. Does not recurse, however deep it is. */
export function isTooDeep(text: string, value: unknown): boolean {
  if (text.length < SHORTEST_TOO_DEEP || !opensMany(text)) return false;
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true;
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue;
      for (const child of Object.values(item)) next.push(child);
    }
    level = next;
  }
  return false;
}
