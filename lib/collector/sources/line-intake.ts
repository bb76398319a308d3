/** The way of lines from outside into the buffer: read by their format, put in order, and each skip counted and told. */
import type { UnifiedEvent } from '../../index';
import { createFormatReader, type FormatName, type FormatReader } from '../../formats';
import type { NdjsonLine } from '../../event/ndjson-lines';
import type { EventOutlet } from './event-outlet';
import { LimitedReport } from '../output/limited-report';

/** Lines whose events are put together. */
const BATCH = 256;
/** How often a reader is asked for what has waited long enough for further lines. */
const IDLE_MS = 1000;

/** One stream of lines. Calls do not overlap: each waits for the one before. */
export class LineIntake {
  private readonly reader: FormatReader;
  private readonly skips: LimitedReport;
  private readonly timer: NodeJS.Timeout;
  /** Settles when all that was asked so far is done. */
  private work: Promise<void> = Promise.resolve();
  /** Of the line being read. */
  private number = 0;

  /** maxBytes: of the longest line there can be, for the report of a longer one. */
  constructor(
    format: FormatName | 'auto',
    private readonly outlet: EventOutlet,
    warn: (text: string) => void,
    private readonly maxBytes: number,
  ) {
    this.skips = new LimitedReport(warn);
    this.reader = createFormatReader(format, {
      forBuffer: true,
      onSkip: (_, reason) => this.skip(this.number, reason),
      // Lines of our own are what everybody expects.
      onFormat: (_, found, reason) => {
        if (found !== 'tapio') warn(`line ${this.number} is of the format ${found}: ${reason}`);
      },
    });
    this.timer = setInterval(() => void this.takeIdle().catch(() => undefined), IDLE_MS);
  }

  /** Settles when all events of these lines are in the buffer, however long it is full. */
  take(lines: readonly NdjsonLine[]): Promise<void> {
    return this.inTurn(async () => {
      for (let start = 0; start < lines.length; start += BATCH)
        await this.put(lines.slice(start, start + BATCH));
    });
  }

  /** Puts what still waits for further lines, and tells of the skips that were left out. */
  async end(): Promise<void> {
    clearInterval(this.timer);
    try {
      await this.inTurn(() => this.deliver(this.reader.end()));
    } finally {
      this.skips.end();
    }
  }

  private takeIdle(): Promise<void> {
    return this.inTurn(() => this.deliver(this.reader.idle()));
  }

  private inTurn(step: () => Promise<void>): Promise<void> {
    return (this.work = this.work.then(step));
  }

  private async put(lines: readonly NdjsonLine[]): Promise<void> {
    const events: UnifiedEvent[] = [];
    const numbers: number[] = [];
    for (const { number, text } of lines) {
      this.number = number;
      if (text === undefined) {
        this.skip(number, `longer than ${this.maxBytes} bytes`);
        continue;
      }
      for (const event of this.reader.push(text)) {
        events.push(event);
        numbers.push(number);
      }
    }
    await this.deliver(events, numbers);
  }

  private async deliver(events: readonly UnifiedEvent[], numbers: readonly number[] = []): Promise<void> {
    await this.outlet.deliver(events, (index, error) =>
      this.report(numbers[index] ?? this.number, error.message),
    );
  }

  private skip(line: number, reason: string): void {
    this.outlet.malformed();
    this.report(line, reason);
  }

  private report(line: number, reason: string): void {
    this.skips.report(`line ${line} skipped: ${reason}`);
  }
}
