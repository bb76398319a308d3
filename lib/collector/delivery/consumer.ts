/** The consuming end, on the main thread: takes events as they come, measures, and hands them to the sink. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventView, PerCPUEventBuffer } from '../../index';
import type { ActivityMeter } from '../measure/activity-meter';
import type { CorrelationOutlet } from './correlation-outlet';
import type { Exports } from '../exports/exports';
import { PeakFill } from '../measure/peak-fill';
import { MEMORY } from '../memory-plan';
import { LatencyRecorder } from '../measure/latency';
import type { KernelAnnotator } from '../processes/kernel-annotator';
import type { RunClock } from '../measure/run-clock';
import type { Sink } from '../sinks/sink';
import { NameTally } from '../measure/name-tally';

/** Events between two looks at the sink. */
const BATCH = MEMORY.batch;
/** Longest time without a turn of the event loop: timers, signals and the live table must come through. */
const TURN_MS = 5;
/** One event of this many is timed; not a divisor of a batch, so that all positions in one are met alike. */
export const LATENCY_SAMPLE = 61;

export interface ConsumerParts {
  readonly buffer: PerCPUEventBuffer;
  readonly sink: Sink;
  readonly clock: RunClock;
  /** Values of `event.source` whose timestamps tell when the event was put. */
  readonly stamped: ReadonlySet<string>;
  readonly exports: Exports;
  readonly correlation?: CorrelationOutlet;
  /** Where somebody may ask what the run is at. */
  readonly activity?: ActivityMeter;
  /** Completes what the kernel tells, for who looks at single events. */
  readonly annotator?: KernelAnnotator;
}

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

  constructor(private readonly parts: ConsumerParts) {
    this.since = parts.clock.now();
    this.fill = new PeakFill(parts.buffer);
  }

  /** Resolves when the buffer is closed and drained and everything is with the sink. */
  async run(): Promise<void> {
    const visit = (view: EventView): void => this.visit(view);
    let turnAt = performance.now();
    while (await this.waitForEvents()) {
      this.fill.look(performance.now());
      this.parts.activity?.fill.look(performance.now());
      const asking = this.asking.splice(0);
      this.isThrough = this.parts.buffer.consume(visit, BATCH) < BATCH;
      const blocked = this.parts.sink.flush();
      if (blocked) await this.waitForSink(blocked);
      // Behind the events they are made of.
      const correlatedBlocked = this.parts.correlation?.flush();
      if (correlatedBlocked) await this.waitForSink(correlatedBlocked);
      if (this.isThrough) for (const answer of asking) answer();
      else this.asking.unshift(...asking);
      const now = (this.lastDeliveryAt = performance.now());
      if (now - turnAt > TURN_MS) {
        await nextTurn();
        turnAt = performance.now();
      }
    }
    if (this.parts.correlation) await this.waitForSink(this.parts.correlation.close());
    await this.waitForSink(this.parts.sink.close());
  }

  private async waitForSink(free: Promise<void>): Promise<void> {
    this.isWaitingForSink = true;
    await free;
    this.isWaitingForSink = false;
  }

  /** Whether everything that is in the buffer now is delivered; resolves when it is, or a part is lost. */
  async arrived(): Promise<boolean> {
    const { writes, reads } = this.parts.buffer.getMetrics();
    if (!this.isWaiting || !this.isThrough || writes !== reads) {
      await new Promise<void>((resolve) => this.asking.push(resolve));
    }
    await this.parts.sink.settled();
    return this.parts.sink.lost === 0;
  }

  private async waitForEvents(): Promise<boolean> {
    if (this.asking.length > 0) return true;
    try {
      this.isWaiting = true;
      await this.parts.buffer.ready();
      this.isWaiting = false;
      return true;
    } catch (error) {
      if ((error as { code?: string }).code === 'ERR_BUFFER_CLOSED') return false;
      throw error;
    }
  }

  private visit(view: EventView): void {
    const { activity, annotator, sink, correlation } = this.parts;
    this.types.add(view.type);
    activity?.count(view);
    if (--this.untilSample === 0) {
      this.untilSample = LATENCY_SAMPLE;
      this.time(view);
    }
    const told = annotator?.tell(view) ?? view;
    sink.take(told);
    this.parts.exports.take(told);
    correlation?.observe(told);
  }

  private time(view: EventView): void {
    const { timestamp } = view;
    // An event of an earlier run that came in by stdin says nothing about this one.
    if (timestamp < this.since || !this.parts.stamped.has(view.source)) return;
    const nanoseconds = Number(this.parts.clock.now() - timestamp);
    this.latency.record(nanoseconds);
    this.parts.activity?.latency.record(nanoseconds);
  }
}
