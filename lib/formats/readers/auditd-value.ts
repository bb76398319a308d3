/** Values of audit records. What has a byte that is no plain visible one, or a quote, is written as hexadecimal without quotes. */
import { setKey } from '../values';

/** Fields whose value is quoted text or hexadecimal; elsewhere `beef` is a word or a number. */
const TEXT_KEYS = new Set(
  (
    'comm exe cwd name proctitle cmd acct key path dir file watch data device vm grp new_group ocomm root_dir sw ' +
    'old-disk new-disk old-fs new-fs old-chardev new-chardev old-net new-net old-rng new-rng banners invalid_context unit'
  ).split(' '),
);
const NUMBER_KEYS = new Set(
  'ppid opid auid euid suid fsuid egid sgid fsgid ouid ogid oauid oses ses items argc item sig old-auid old-ses'.split(
    ' ',
  ),
);
const HEX = /^(?:[0-9A-F]{2})+$/;
const NUMBER = /^\d{1,10}$/;

/** Text in quotes is meant literally, `"beef"` too. Undefined for what says that there is none. */
export function textValue(raw: string): string | undefined {
  if (raw.charCodeAt(0) === 0x22) return raw.slice(1, raw.endsWith('"') && raw.length > 1 ? -1 : undefined);
  if (raw === '(null)' || raw === '(none)' || raw === '?' || raw === '') return undefined;
  return HEX.test(raw) ? Buffer.from(raw, 'hex').toString('utf8') : raw;
}

/** The value of any field, with the type that it has in the attributes. */
export function attributeValue(key: string, raw: string): string | number | undefined {
  if (raw.charCodeAt(0) === 0x22 || TEXT_KEYS.has(key)) return textValue(raw);
  if (raw === '(null)' || raw === '(none)' || raw === '?' || raw === '') return undefined;
  return NUMBER_KEYS.has(key) && NUMBER.test(raw) ? Number(raw) : raw;
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
