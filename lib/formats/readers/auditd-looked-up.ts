/** What auditd looked up and added behind the fields of a record, for people: `UID="root" SYSCALL=openat`. */
import { RecentValues } from '../recent-values';
import { AuditFields } from './auditd-fields';
import { keyOf, Kind, lowerKeyOf } from './auditd-key';
import { AuditMembers } from './auditd-members';
import type { AuditRecord } from './auditd-record';
import { textValue } from './auditd-value';

export interface LookedUp {
  /** Of users and groups, as a JSON object. */
  readonly names: string | undefined;
  /** Of the system call. */
  readonly call: string | undefined;
}

const NOTHING: LookedUp = { names: undefined, call: undefined };
const CALL = keyOf('SYSCALL');
/** What the record tells otherwise. */
const NOT_NAMES = new Set(['ARCH', 'SYSCALL', 'SADDR']);
const UNSET = 'unset';

const fields = new AuditFields();

/** Of a few users and system calls the same comes again and again. */
const LOOKED_UP = new RecentValues<LookedUp>((text) => {
  fields.read(text, 0, text.length, false);
  const names = new AuditMembers(true);
  let call: string | undefined;
  for (let i = 0; i < fields.count; i++) {
    const key = fields.keys[i];
    if (key === CALL) call ??= fields.raw(i);
    if (!NOT_NAMES.has(key.name) && !isUnset(i)) names.addField(lowerKeyOf(key), Kind.TEXT, fields, i);
  }
  names.flush();
  names.addWords(fields);
  return { names: names.isEmpty ? undefined : names.toJson(), call };
});

/** Voids what `line` holds. */
export function lookedUpFor({ text, to }: AuditRecord): LookedUp {
  return to === text.length ? NOTHING : LOOKED_UP.get(text.slice(to + 1));
}

/** As auditd names the user -1. */
function isUnset(index: number): boolean {
  const length = fields.ends[index] - fields.starts[index];
  return length >= UNSET.length && length <= 2 * UNSET.length && textValue(fields.raw(index)) === UNSET;
}
