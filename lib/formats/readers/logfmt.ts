/** logfmt: `key=value key="quoted value" bare`, as Heroku, Go's slog and many others log. */
import type { UnifiedEvent } from '../../event/unified-event';
import type { InputLine, SkipReason, TextFormat, TextReader } from '../format';
import { readLog } from '../log-record';
import { addAttributes } from '../new-event';
import { timeOfAny } from '../time';
import { setKey, textOf } from '../values';

export const logfmtFormat: TextFormat = {
  kind: 'text',
  name: 'logfmt',
  recognise,
  open: () => reader,
};

/** Keeps nothing between lines. */
const reader: TextReader = { push };

/** `type=` and `node=` begin records of auditd, whose times are other ones. */
const BEGINS = /^\s*(?:[\w.@/-]+=(?:"(?:[^"\\]|\\.)*"|[^\s"]*)\s+)*?(?:level|lvl|severity|msg|message)=/;
const AUDIT = /^(?:node=\S+ )?type=\S+ msg=audit\(/;
/** What is looked at of a line to recognise it. */
const LOOK = 512;

function recognise(text: string): string | undefined {
  const start = text.slice(0, LOOK);
  return BEGINS.test(start) && !AUDIT.test(start) ? 'key=value with a level or a message' : undefined;
}

function push(line: InputLine, out: UnifiedEvent[]): SkipReason {
  const { fields, count } = parseLogfmt(line.text);
  if (count === 0) return 'no key=value';
  let replaced: Record<string, unknown> | undefined;
  // Only where there is a `t` the other times have to be looked at.
  const isOfT = fields.t !== undefined && !OTHER_TIMES.some((key) => isTime(fields[key]));
  for (const [from, to, fits] of isOfT ? WITH_TIME : ALIASES) {
    if (!fits(fields[from]) || fits(fields[to])) continue;
    if (Object.hasOwn(fields, to)) (replaced ??= {})[to] = fields[to];
    fields[to] = fields[from];
    delete fields[from];
  }
  const event = readLog(fields, 'logfmt', line);
  if (replaced !== undefined) addAttributes(event, 'line', replaced);
  out.push(event);
  return undefined;
}

/** Names under which loggers write what others call level and time, and what fits there. */
const ALIASES: readonly (readonly [from: string, to: string, fits: (value: unknown) => boolean])[] = [
  ['lvl', 'level', isText],
  ['severity', 'level', isText],
  ['logger', 'name', isText],
  ['host', 'hostname', isText],
];

const WITH_TIME: typeof ALIASES = [...ALIASES, ['t', 'time', isTime]];
const OTHER_TIMES = ['ts', 'timestamp', '@timestamp'];
/** As `t` may be a temperature, too. */
const FIRST_YEARS = 1_000_000_000n * 100_000_000n;

function isText(value: unknown): boolean {
  return textOf(value) !== undefined;
}

function isTime(value: unknown): boolean {
  const time = value === undefined ? undefined : timeOfAny(value);
  return time !== undefined && time >= FIRST_YEARS;
}

const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Values are text, however much they look like numbers; a key without a value is true. count: of keys with a value. */
export function parseLogfmt(text: string): { fields: Record<string, unknown>; count: number } {
  const fields: Record<string, unknown> = {};
  let count = 0;
  let at = 0;
  while (at < text.length) {
    if (text.charCodeAt(at) <= 0x20) {
      at++;
      continue;
    }
    const keyStart = at;
    while (at < text.length && text.charCodeAt(at) > 0x20 && text.charCodeAt(at) !== EQUALS) at++;
    const key = text.slice(keyStart, at);
    if (text.charCodeAt(at) !== EQUALS) {
      setKey(fields, key, true);
      continue;
    }
    at++;
    let value: string;
    if (text.charCodeAt(at) === QUOTE) {
      const end = endOfQuoted(text, at);
      value = unquote(text.slice(at, end));
      at = end;
    } else {
      const start = at;
      while (at < text.length && text.charCodeAt(at) > 0x20) at++;
      value = text.slice(start, at);
    }
    if (key !== '') count++;
    setKey(fields, key, value);
  }
  return { fields, count };
}

/** One past the closing quote, or the end of the text. */
function endOfQuoted(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at + 1;
  }
  return text.length;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\x07',
};

/** What is escaped by no rule is told with its backslash. */
const LETTER = /[A-Za-z\d]/;

/** Of a text in quotes, the last of which may be missing. */
function unquote(quoted: string): string {
  const inner = quoted.length > 1 && quoted.endsWith('"') ? quoted.slice(1, -1) : quoted.slice(1);
  if (!inner.includes('\\')) return inner;
  // Halves of a pair may be escapes of their own.
  return inner
    .replace(
      /\\(?:u([\da-fA-F]{4})|U([\da-fA-F]{8})|x([\da-fA-F]{2})|(.))/gs,
      (all: string, u, big, x, one) => {
        const hex = (u ?? big ?? x) as string | undefined;
        if (hex === undefined)
          return ESCAPES[one as string] ?? (LETTER.test(one as string) ? all : (one as string));
        const code = parseInt(hex, 16);
        return code <= 0x10ffff ? String.fromCodePoint(code) : all;
      },
    )
    .toWellFormed();
}
