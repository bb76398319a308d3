/**
 * auditd's log. The records of an event have its time and serial number; those of others stand between them, and some come late. An event
 * is whole with its last record, EOE or PROCTITLE, and else when the log has gone on for two seconds, or nothing has come
 * for two. What waits is bounded in number and size: the oldest event then goes out as it is.
 */
import type { UnifiedEvent } from '../../event/unified-event';
import type { InputLine, SkipReason, TextFormat, TextReader } from '../format';
import { eventOfRecords } from './auditd-event';
import { isAuditRecord, parseRecord, type AuditRecord } from './auditd-record';

export const auditdFormat: TextFormat = {
  kind: 'text',
  name: 'auditd',
  recognise: (text) => (isAuditRecord(text) ? 'type= and msg=audit(' : undefined),
  open: () => new AuditReader(),
};

/** auditd itself writes no record of an event later than this. */
const WAIT_MS = 2000;
const MAX_WAITING = 1024;
const MAX_CHARACTERS = 2 ** 24;

/** Types that only ever come alone. */
const ALONE = /^(?:USER|DAEMON|SERVICE|SYSTEM|CRED|VIRT|CRYPTO)_/;

interface Waiting {
  readonly records: AuditRecord[];
  readonly timeMs: number;
  /** Of its first record: the line's number, and when that came. */
  readonly line: number;
  readonly cameAt: number;
  characters: number;
}

class AuditReader implements TextReader {
  /** In the order of their first records. */
  private readonly waiting = new Map<string, Waiting>();
  private characters = 0;

  get waitingSince(): number | undefined {
    for (const { line } of this.waiting.values()) return line;
    return undefined;
  }

  push({ text, number }: InputLine, out: UnifiedEvent[]): SkipReason {
    const record = parseRecord(text);
    if (record === undefined) return 'no audit record';
    const { key, type } = record;
    const timeMs = Number(record.seconds) * 1000 + Number(record.millis);
    // Beyond what an event can say.
    if (timeMs > MAX_TIME_MS) return 'a time after the year 2262';
    this.closeOlder(timeMs - WAIT_MS, out);
    const waiting = this.waiting.get(key);
    if (waiting === undefined) {
      if (record.fromUser || ALONE.test(type)) {
        out.push(eventOfRecords([record]));
        return undefined;
      }
      // The end of an event that is out already.
      if (type === 'EOE') return undefined;
    }
    const event = waiting ?? { records: [], timeMs, line: number, cameAt: performance.now(), characters: 0 };
    if (waiting === undefined) this.waiting.set(key, event);
    event.records.push(record);
    event.characters += text.length;
    this.characters += text.length;
    if (type === 'PROCTITLE' || type === 'EOE') this.close(key, event, out);
    return undefined;
  }

  /** Of events of that time or before no more records come. */
  private closeOlder(timeMs: number, out: UnifiedEvent[]): void {
    for (const [key, event] of this.waiting) {
      const hasRoom = this.waiting.size < MAX_WAITING && this.characters < MAX_CHARACTERS;
      if (event.timeMs > timeMs && hasRoom) break;
      this.close(key, event, out);
    }
  }

  idle(out: UnifiedEvent[]): void {
    const now = performance.now();
    for (const [key, event] of this.waiting) {
      if (event.cameAt + WAIT_MS > now) break;
      this.close(key, event, out);
    }
  }

  end(out: UnifiedEvent[]): void {
    for (const [key, event] of this.waiting) this.close(key, event, out);
  }

  private close(key: string, event: Waiting, out: UnifiedEvent[]): void {
    this.waiting.delete(key);
    this.characters -= event.characters;
    out.push(eventOfRecords(event.records));
  }
}

const MAX_TIME_MS = Number((2n ** 63n - 1n) / 1_000_000n);
