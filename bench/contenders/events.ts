/** The events that go through every contender, and what is read of them, so that nobody can leave work out. */
import type { EventView, UnifiedEvent } from '@tapio/performance';
import { fullEvents, kernelEvents, midEvents } from '../sample-events';

/** Events take turns, so that nothing is predicted from the one before. A power of two. */
export const VARIETY = 64;

/** A kind of event: samples of it, and a sum over what a reader reads. */
export interface Workload {
  readonly name: 'kernel' | 'mid' | 'full';
  events(): UnifiedEvent[];
  /** Three fields of one event. */
  read(event: UnifiedEvent | EventView): number;
}

export const kernel: Workload = {
  name: 'kernel',
  events: () => kernelEvents(VARIETY),
  read(event) {
    const section = event.kernel!;
    return section.syscall!.length + section.pid! + section.returnCode!;
  },
};

export const mid: Workload = {
  name: 'mid',
  events: () => midEvents(VARIETY),
  read(event) {
    const section = event.kernel!;
    return event.entity!.name.length + section.pid! + section.returnCode!;
  },
};

export const full: Workload = {
  name: 'full',
  events: () => fullEvents(VARIETY),
  read(event) {
    const network = event.network!;
    return event.entity!.name.length + network.destPort! + network.latencyNs!;
  },
};

/** The sum over `count` events, from the first on. */
export function expectedSum({ events, read }: Workload): (count: number) => number {
  const sums = [0];
  for (const event of events()) sums.push(sums[sums.length - 1] + read(event));
  return (count) => Math.floor(count / VARIETY) * sums[VARIETY] + sums[count % VARIETY];
}

/**
 * A reader for callbacks, and what it has read. Not a captured variable: as a number beyond 31 bits that would be a
 * new object for each event.
 */
export class Sum {
  private readonly total = new Float64Array(1);
  readonly read: (event: UnifiedEvent | EventView) => void;

  constructor(workload: Workload) {
    const { total } = this;
    this.read = (event) => {
      total[0] += workload.read(event);
    };
  }

  /** What was read since the call before. */
  take(): number {
    const [sum] = this.total;
    this.total[0] = 0;
    return sum;
  }
}
