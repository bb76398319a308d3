/**
 * JSON.parse that loses nothing of integers and times. One whose digits a number does not keep becomes the text of them, as in JSON of our own, and so
 * does a number beyond all doubles: `{"ns":1795860000123456789}` gives `{ ns: '1795860000123456789' }`. They are quoted in the text before it is parsed, as
 * Node 20 gives a reviver no source text, and as a reviver costs several times what the parser does.
 */

import { survives } from '../event/kept-digits';

/** Values nested deeper than this are refused: an event's attributes may be 1000 deep, and a reader adds a few levels. */
export const MAX_DEPTH = 500;

/** The shortest integer whose digits a number may not keep. */
const SHORTEST_INEXACT = 16;
/** A number beyond all doubles has an exponent of three digits or more than this many digits. */
const MANY_DIGITS = 300;
/** A number with no more, and an exponent of two digits, is finite. */
const FINITE_DIGITS = 200;
/** Such an exponent, with what stands before a number, as ids in hexadecimal have the like of `9e794`. */
const PERHAPS_INFINITE = /(?:^|[\s:,[])-?\d+(?:\.\d+)?[eE]\+?\d{3}/;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Halves of surrogate pairs as escapes, together with what must not be taken for one. */
const ESCAPED_HALF = /\\u[dD][89a-fA-F]/;
const ESCAPES = /\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u[dD][89a-fA-F]..|\\./g;

/** The value, or undefined when the text is no JSON. Halves of surrogate pairs become U+FFFD, as they do in an event. */
export function parseExact(text: string): unknown {
  return parseJson(exactJson(text));
}

/** The text that JSON.parse loses nothing of. */
export function exactJson(text: string): string {
  let json = text.isWellFormed() ? text : text.toWellFormed();
  if (json.includes('\\u') && ESCAPED_HALF.test(json)) json = json.replace(ESCAPES, replaceHalf);
  return PERHAPS_INFINITE.test(json) ? quoteOutsideStrings(json) : quoteValues(json);
}

/** The value of an exact text, or undefined when it is no JSON. */
export function parseJson(json: string): unknown {
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

/**
 * Quotes numbers that do not survive and are the values of keys. Looks at every 16th character only, as each run of 16 digits, with a point or without, covers one of those, and at
 * the whole text with its strings where the place of a run does not tell what it is.
 */
function quoteValues(text: string): string {
  let result = '';
  let copied = 0;
  for (let at = SHORTEST_INEXACT - 1; at < text.length; at += SHORTEST_INEXACT) {
    if (!isOfNumber(text, at)) continue;
    let from = at;
    while (isOfNumber(text, from - 1)) from--;
    let to = at + 1;
    while (isOfNumber(text, to)) to++;
    if (to - from < SHORTEST_INEXACT) continue;
    at = to - 1 - (to % SHORTEST_INEXACT);
    const start = text.charCodeAt(from - 1) === MINUS ? from - 1 : from;
    const token = text.slice(start, to);
    if (token.includes('.') && token.length <= FINITE_DIGITS && survives(token)) continue;
    const place = placeOf(text, start, to);
    // JSON has no leading zeros: such a line stays no JSON.
    if (place === 'unknown' || text[from] === '0') return quoteOutsideStrings(text);
    if (place === 'value' && !survives(token)) {
      result += `${text.slice(copied, start)}"${token}"`;
      copied = to;
    }
  }
  return copied === 0 ? text : result + text.slice(copied);
}

/**
 * What a run of digits is: a number that is the value of a key; or part of something else; or not to be told from here. The
 * quote before a colon ends a key, unless it begins a string, when it stands behind one of `:,[{` or a space, or stands inside one, behind a
 * backslash.
 */
function placeOf(text: string, start: number, end: number): 'value' | 'part' | 'unknown' {
  let before = start - 1;
  while (SPACES.includes(text[before])) before--;
  if (!':,['.includes(text[before])) return before === start - 1 ? 'part' : 'unknown';
  if (text[before--] !== ':' || end - start > MANY_DIGITS || !',} ]'.includes(text[end])) return 'unknown';
  while (SPACES.includes(text[before])) before--;
  return text[before] === '"' && !NO_END_OF_KEY.includes(text[before - 1]) ? 'value' : 'unknown';
}

const SPACES = ' \t\n\r';
const NO_END_OF_KEY = `:,[{\\${SPACES}`;
const MINUS = 0x2d;
const POINT = 0x2e;

/** Whether it is a digit or the point. */
function isOfNumber(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code >= 0x30 && code <= 0x39) || code === POINT;
}

/** The same of all numbers, telling strings from what is between them. Linear in the text. */
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
  const exact = Number.isFinite(value) && survives(number);
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
