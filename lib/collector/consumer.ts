/** The consuming end, on the main thread: takes events as they come, measures, and hands them to the sink. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventView, PerCPUEventBuffer } from '../index';
import type { CorrelationOutlet } from './correlation-outlet';
import { PeakFill } from './peak-fill';
import { LatencyRecorder } from './latency';
import type { RunClock } from './run-clock';
import type { Sink } from './sinks';
import { TypeTally } from './type-tally';

/** Events between two looks at the sink. */
const BATCH = 1024;
/** Longest time without a turn of the event loop: timers, signals and the live table must come through. */
const TURN_MS = 5;
/** One event of this many is timed; not a divisor of a batch, so that all positions in one are met alike. */
export const LATENCY_SAMPLE = 61;

export class Consumer {
  readonly latency = new LatencyRecorder();
  readonly types = new TypeTally();
  readonly fill: PeakFill;
  /** When the sink last took events, by performance.now(). */
  lastDeliveryAt = 0;
  /** Nothing is taken until the sink has got rid of what it has. */
  isWaitingForSink = false;
  private untilSample = LATENCY_SAMPLE;
  private readonly since: bigint;

  /** stamped: values of `event.source` whose timestamps tell when the event was put. */
  constructor(
    private readonly buffer: PerCPUEventBuffer,
    private readonly sink: Sink,
    private readonly clock: RunClock,
    private readonly stamped: ReadonlySet<string>,
    private readonly correlation?: CorrelationOutlet,
  ) {
    this.since = clock.now();
    this.fill = new PeakFill(buffer);
  }

  /** Resolves when the buffer is closed and drained and everything is with the sink. */
  async run(): Promise<void> {
    const visit = (view: EventView): void => this.visit(view);
    let turnAt = performance.now();
    while (await this.waitForEvents()) {
      this.fill.look(performance.now());
      this.buffer.consume(visit, BATCH);
      const blocked = this.sink.flush();
      if (blocked) await this.waitForSink(blocked);
      // Behind the events they are made of.
      const correlatedBlocked = this.correlation?.flush();
      if (correlatedBlocked) await this.waitForSink(correlatedBlocked);
      const now = (this.lastDeliveryAt = performance.now());
      if (now - turnAt > TURN_MS) {
        await nextTurn();
        turnAt = performance.now();
      }
    }
    if (this.correlation) await this.waitForSink(this.correlation.close());
    await this.waitForSink(this.sink.close());
  }

  private async waitForSink(free: Promise<void>): Promise<void> {
    this.isWaitingForSink = true;
    await free;
    this.isWaitingForSink = false;
  }

  private async waitForEvents(): Promise<boolean> {
    try {
      await this.buffer.ready();
      return true;
    } catch (error) {
      if ((error as { code?: string }).code === 'ERR_BUFFER_CLOSED') return false;
      throw error;
    }
  }

  private visit(view: EventView): void {
    this.types.add(view.type);
    if (--this.untilSample === 0) {
      this.untilSample = LATENCY_SAMPLE;
      this.time(view);
    }
    this.sink.take(view);
    this.correlation?.observe(view);
  }

  private time(view: EventView): void {
    const { timestamp } = view;
    // An event of an earlier run that came in by stdin says nothing about this one.
    if (timestamp < this.since || !this.stamped.has(view.source)) return;
    this.latency.record(Number(this.clock.now() - timestamp));
  }
}
