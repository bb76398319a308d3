/** What a run measures for an Activity beside what it measures in any case: only where somebody may ask for one. */
import type { EventView, PerCPUEventBuffer } from '../../index';
import { LatencyRecorder } from './latency';
import { NameTally } from './name-tally';
import { PeakFill } from './peak-fill';

const MOST_NAMES = 2048;
const CONTAINER_TYPES = new Set(['container', 'pod']);

/** The consumer's thread's. */
export class ActivityMeter {
  /** By the command name that the kernel has. */
  readonly processes = new NameTally(MOST_NAMES);
  /** By the entity's name, of entities that are containers or pods. */
  readonly containers = new NameTally(MOST_NAMES);
  readonly latency = new LatencyRecorder();
  readonly fill: PeakFill;

  constructor(buffer: PerCPUEventBuffer) {
    this.fill = new PeakFill(buffer);
  }

  count(view: EventView): void {
    const comm = view.kernel?.comm;
    if (comm) this.processes.add(comm);
    const { entity } = view;
    if (entity !== undefined && CONTAINER_TYPES.has(entity.type)) this.containers.add(entity.name);
  }
}
