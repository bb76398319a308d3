/** Values of audit records. What has a byte that is no plain visible one, or a quote, is written as hexadecimal without quotes. */
import { setKey } from '../values';

/** Fields whose value is quoted text or hexadecimal; elsewhere `beef` is a word or a number. */
const TEXT_KEYS =
  'comm exe cwd name proctitle cmd acct key path dir file watch data device vm grp new_group ocomm root_dir sw ' +
  'old-disk new-disk old-fs new-fs old-chardev new-chardev old-net new-net old-rng new-rng banners invalid_context unit';
const NUMBER_KEYS =
  'ppid opid auid euid suid fsuid egid sgid fsgid ouid ogid oauid oses ses items argc item sig old-auid old-ses';

const enum Kind {
  TEXT,
  NUMBER,
}

/** One look-up for each field, as there are thirty in a record. */
const KINDS = new Map<string, Kind>([
  ...TEXT_KEYS.split(' ').map((key): [string, Kind] => [key, Kind.TEXT]),
  ...NUMBER_KEYS.split(' ').map((key): [string, Kind] => [key, Kind.NUMBER]),
]);
const PARENTHESIS = 0x28;
const QUESTION = 0x3f;
const QUOTE = 0x22;
const HEX = /^(?:[0-9A-F]{2})+$/;
const NUMBER = /^\d{1,10}$/;

/** Text in quotes is meant literally, `"beef"` too. Undefined for what says that there is none. */
export function textValue(raw: string): string | undefined {
  if (raw.charCodeAt(0) === QUOTE) return raw.slice(1, raw.endsWith('"') && raw.length > 1 ? -1 : undefined);
  if (raw === '' || isNone(raw)) return undefined;
  return HEX.test(raw) ? Buffer.from(raw, 'hex').toString('utf8') : raw;
}

/** The value of any field, with the type that it has in the attributes. */
export function attributeValue(key: string, raw: string): string | number | undefined {
  const first = raw.charCodeAt(0);
  if (first === QUOTE) return textValue(raw);
  if (raw === '' || ((first === PARENTHESIS || first === QUESTION) && isNone(raw))) return undefined;
  switch (KINDS.get(key)) {
    case Kind.TEXT:
      return textValue(raw);
    case Kind.NUMBER:
      return NUMBER.test(raw) ? Number(raw) : raw;
    default:
      return raw;
  }
}

function isNone(raw: string): boolean {
  return raw === '(null)' || raw === '(none)' || raw === '?';
}

/** All fields as attributes. */
export function attributesOf(fields: readonly string[], omit?: ReadonlySet<string>): Record<string, unknown> {
  const attributes: Record<string, unknown> = {};
  for (let i = 0; i < fields.length; i += 2) {
    if (omit?.has(fields[i])) continue;
    const value = attributeValue(fields[i], fields[i + 1]);
    if (value !== undefined) setKey(attributes, fields[i], value);
  }
  return attributes;
}

/** EXECVE: `a0="/bin/sh" a1=2D63`, a long one in parts `a1_len=9000 a1[0]=... a1[1]=...`. */
export function argumentsOf(fields: readonly string[]): string[] {
  const raw = new Map<string, string>();
  for (let i = 0; i < fields.length; i += 2) {
    const name = /^a(\d+)(?:\[\d+\])?$/.exec(fields[i])?.[1];
    if (name !== undefined) raw.set(name, (raw.get(name) ?? '') + fields[i + 1]);
  }
  return [...raw.values()].map((value) => textValue(value) ?? value);
}
