import type { EventBuffer } from '../../buffers/event-buffer';
import type { PerCPUEventBuffer } from '../../buffers/per-cpu-event-buffer';
import type { PriorityBuffer } from '../../flow/priority-buffer';

/** This thread's instance of an event buffer of any class. */
export type StreamBuffer = EventBuffer | PerCPUEventBuffer | PriorityBuffer;
