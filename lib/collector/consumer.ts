/** The consuming end, on the main thread: takes events as they come, measures, and hands them to the sink. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventView, PerCPUEventBuffer } from '../index';
import type { ActivityMeter } from './activity-meter';
import type { CorrelationOutlet } from './correlation-outlet';
import type { Exports } from './exports/exports';
import { PeakFill } from './peak-fill';
import { LatencyRecorder } from './latency';
import type { RunClock } from './run-clock';
import type { Sink } from './sinks';
import { NameTally } from './name-tally';

/** Events between two looks at the sink. */
const BATCH = 1024;
/** Longest time without a turn of the event loop: timers, signals and the live table must come through. */
const TURN_MS = 5;
/** One event of this many is timed; not a divisor of a batch, so that all positions in one are met alike. */
export const LATENCY_SAMPLE = 61;

export class Consumer {
  readonly latency = new LatencyRecorder();
  readonly types = new NameTally();
  readonly fill: PeakFill;
  /** When the sink last took events, by performance.now(). */
  lastDeliveryAt = 0;
  /** Nothing is taken until the sink has got rid of what it has. */
  isWaitingForSink = false;
  private untilSample = LATENCY_SAMPLE;
  /** Who wants to know when all that is in the buffer has been taken. */
  private asking: (() => void)[] = [];
  private isWaiting = false;
  /** The last round found every ring empty in the end. */
  private isThrough = true;
  private readonly since: bigint;

  /** stamped: values of `event.source` whose timestamps tell when the event was put. */
  constructor(
    private readonly buffer: PerCPUEventBuffer,
    private readonly sink: Sink,
    private readonly clock: RunClock,
    private readonly stamped: ReadonlySet<string>,
    private readonly exports: Exports,
    private readonly correlation?: CorrelationOutlet,
    /** Where somebody may ask what the run is at. */
    private readonly activity?: ActivityMeter,
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
      this.activity?.fill.look(performance.now());
      const asking = this.asking.splice(0);
      this.isThrough = this.buffer.consume(visit, BATCH) < BATCH;
      const blocked = this.sink.flush();
      if (blocked) await this.waitForSink(blocked);
      // Behind the events they are made of.
      const correlatedBlocked = this.correlation?.flush();
      if (correlatedBlocked) await this.waitForSink(correlatedBlocked);
      if (this.isThrough) for (const answer of asking) answer();
      else this.asking.unshift(...asking);
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

  /** Whether everything that is in the buffer now is delivered; resolves when it is, or a part is lost. */
  async arrived(): Promise<boolean> {
    const { writes, reads } = this.buffer.getMetrics();
    if (!this.isWaiting || !this.isThrough || writes !== reads) {
      await new Promise<void>((resolve) => this.asking.push(resolve));
    }
    await this.sink.settled();
    return this.sink.lost === 0;
  }

  private async waitForEvents(): Promise<boolean> {
    if (this.asking.length > 0) return true;
    try {
      this.isWaiting = true;
      await this.buffer.ready();
      this.isWaiting = false;
      return true;
    } catch (error) {
      if ((error as { code?: string }).code === 'ERR_BUFFER_CLOSED') return false;
      throw error;
    }
  }

  private visit(view: EventView): void {
    this.types.add(view.type);
    this.activity?.count(view);
    if (--this.untilSample === 0) {
      this.untilSample = LATENCY_SAMPLE;
      this.time(view);
    }
    this.sink.take(view);
    this.exports.take(view);
    this.correlation?.observe(view);
  }

  private time(view: EventView): void {
    const { timestamp } = view;
    // An event of an earlier run that came in by stdin says nothing about this one.
    if (timestamp < this.since || !this.stamped.has(view.source)) return;
    const nanoseconds = Number(this.clock.now() - timestamp);
    this.latency.record(nanoseconds);
    this.activity?.latency.record(nanoseconds);
  }
}
