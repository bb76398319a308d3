/**
 * auditd's log. The records of an event have its time and serial number; those of others stand between them, and some come late. An event
 * is whole with its last record, EOE or PROCTITLE, and else when the log has gone on for two seconds, or nothing has come
 * for two. What waits is bounded in number and size: the oldest event then goes out as it is.
 */
import type { UnifiedEvent } from '../../event/unified-event';
import type { InputLine, SkipReason, TextFormat, TextReader } from '../format';
import { eventOfRecords } from './auditd-event';
import { isAuditRecord, isFromUser, parseRecord, type AuditRecord, type AuditStamp } from './auditd-record';

export const auditdFormat: TextFormat = {
  kind: 'text',
  name: 'auditd',
  recognise: (text) => (isAuditRecord(text) ? 'type= and msg=audit(' : undefined),
  open: (forBuffer) => new AuditReader(forBuffer),
};

/** auditd itself writes no record of an event later than this. */
const WAIT_MS = 2000;
const MAX_WAITING = 1024;
const MAX_CHARACTERS = 2 ** 24;

/** Types that only ever come alone. */
const ALONE = /^(?:USER|DAEMON|SERVICE|SYSTEM|CRED|VIRT|CRYPTO)_/;

/** An event that waits for more records. */
interface Waiting {
  readonly key: string;
  readonly records: AuditRecord[];
  readonly timeMs: number;
  /** Of its first record: the line's number, and when that came. */
  readonly line: number;
  readonly cameAt: number;
  characters: number;
  /** Its neighbours in the order of their first records. */
  before: Waiting | undefined;
  after: Waiting | undefined;
}

class AuditReader implements TextReader {
  private readonly waiting = new Map<string, Waiting>();
  private oldest: Waiting | undefined;
  private newest: Waiting | undefined;
  private characters = 0;
  /** Of the record before; and the event that it is of, while that waits. */
  private stamp: AuditStamp | undefined;
  private current: Waiting | undefined;

  constructor(private readonly forBuffer: boolean) {}

  get waitingSince(): number | undefined {
    return this.oldest?.line;
  }

  push({ text, number }: InputLine, out: UnifiedEvent[]): SkipReason {
    const record = parseRecord(text, this.stamp);
    if (record === undefined) return 'no audit record';
    const { stamp, type } = record;
    // Beyond what an event can say.
    if (stamp.timeMs > MAX_TIME_MS) return 'a time after the year 2262';
    this.closeOlder(stamp.timeMs - WAIT_MS, out);
    if (stamp !== this.stamp) this.current = this.waiting.get(keyOf(stamp));
    this.stamp = stamp;
    if (this.current === undefined) {
      if (ALONE.test(type) || isFromUser(record)) {
        out.push(eventOfRecords([record], this.forBuffer));
        return undefined;
      }
      // The end of an event that is out already.
      if (type === 'EOE') return undefined;
      this.current = this.open(stamp, number);
    }
    const event = this.current;
    event.records.push(record);
    event.characters += text.length;
    this.characters += text.length;
    if (type === 'PROCTITLE' || type === 'EOE') this.close(event, out);
    return undefined;
  }

  idle(out: UnifiedEvent[]): void {
    const latest = performance.now() - WAIT_MS;
    while (this.oldest !== undefined && this.oldest.cameAt <= latest) this.close(this.oldest, out);
  }

  end(out: UnifiedEvent[]): void {
    while (this.oldest !== undefined) this.close(this.oldest, out);
  }

  /** Of events of that time or before no more records come. */
  private closeOlder(timeMs: number, out: UnifiedEvent[]): void {
    while (this.oldest !== undefined) {
      const hasRoom = this.waiting.size < MAX_WAITING && this.characters < MAX_CHARACTERS;
      if (this.oldest.timeMs > timeMs && hasRoom) break;
      this.close(this.oldest, out);
    }
  }

  private open(stamp: AuditStamp, line: number): Waiting {
    const event: Waiting = {
      key: keyOf(stamp),
      records: [],
      timeMs: stamp.timeMs,
      line,
      cameAt: performance.now(),
      characters: 0,
      before: this.newest,
      after: undefined,
    };
    if (this.newest === undefined) this.oldest = event;
    else this.newest.after = event;
    this.newest = event;
    this.waiting.set(event.key, event);
    return event;
  }

  private close(event: Waiting, out: UnifiedEvent[]): void {
    const { before, after } = event;
    if (before === undefined) this.oldest = after;
    else before.after = after;
    if (after === undefined) this.newest = before;
    else after.before = before;
    this.waiting.delete(event.key);
    this.characters -= event.characters;
    if (event === this.current) this.current = undefined;
    out.push(eventOfRecords(event.records, this.forBuffer));
  }
}

/** All records of an event have the same. */
function keyOf({ node, text }: AuditStamp): string {
  return node === '' ? text : `${node} ${text}`;
}

const MAX_TIME_MS = Number((2n ** 63n - 1n) / 1_000_000n);
