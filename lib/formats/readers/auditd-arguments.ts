/**
 * The arguments of a program, from the EXECVE records of an event: `a0="/bin/sh" a1=2D63`. A long one comes in parts,
 * `a1_len=9000 a1[0]=... a1[1]=...`, each quoted or hexadecimal for itself, and may go on in the next record.
 */
import type { AuditFields } from './auditd-fields';
import type { AuditKey } from './auditd-key';
import { bytesOfPart, textValue } from './auditd-value';

const ARGUMENT = /^a(\d+)(?:\[\d+\])?$/;
const LENGTH = /^a\d+_len$/;
const COUNT = 'argc';

/** Whether it is a key that records of arguments have. */
export function isOfArguments({ name }: AuditKey): boolean {
  return name === COUNT || ARGUMENT.test(name) || LENGTH.test(name);
}

/** Of one event. */
export class AuditArguments {
  /** As they are written, by their number, in the order they came. */
  private readonly parts = new Map<string, string[]>();
  /** So many there should be, as it is written. */
  count: string | undefined;

  /** Takes those of one record. Returns whether it has other keys, too. */
  add(fields: AuditFields): boolean {
    let hasMore = false;
    for (let i = 0; i < fields.count; i++) {
      const key = fields.keys[i];
      const name = ARGUMENT.exec(key.name)?.[1];
      if (name === undefined) {
        if (key.name === COUNT) this.count = fields.raw(i);
        else hasMore ||= !LENGTH.test(key.name);
        continue;
      }
      const parts = this.parts.get(name);
      if (parts === undefined) this.parts.set(name, [fields.raw(i)]);
      else parts.push(fields.raw(i));
    }
    return hasMore;
  }

  /** The texts of all. */
  texts(): string[] {
    return [...this.parts.values()].map((parts) => {
      if (parts.length === 1) return textValue(parts[0]) ?? parts[0];
      return Buffer.concat(parts.map(bytesOfPart)).toString();
    });
  }
}
