/**
 * The arguments of a program, from the EXECVE records of an event: `a0="/bin/sh" a1=2D63`. A long one comes in parts,
 * `a1_len=9000 a1[0]=... a1[1]=...`, each quoted or hexadecimal for itself, and may go on in the next record.
 */
import type { AuditFields } from './auditd-fields';
import { bytesOfPart, textValue } from './auditd-value';

const ARGUMENT = /^a(\d+)(?:\[\d+\])?$/;

/** Of one event. */
export class AuditArguments {
  /** As they are written, by their number, in the order they came. */
  private readonly parts = new Map<string, string[]>();

  /** Takes those of one record. */
  add(fields: AuditFields): void {
    for (let i = 0; i < fields.count; i++) {
      const name = ARGUMENT.exec(fields.keys[i].name)?.[1];
      if (name === undefined) continue;
      const parts = this.parts.get(name);
      if (parts === undefined) this.parts.set(name, [fields.raw(i)]);
      else parts.push(fields.raw(i));
    }
  }

  /** The texts of all. */
  texts(): string[] {
    return [...this.parts.values()].map((parts) => {
      if (parts.length === 1) return textValue(parts[0]) ?? parts[0];
      return Buffer.concat(parts.map(bytesOfPart)).toString();
    });
  }
}
