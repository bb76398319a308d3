import type { EventBuffer } from '../buffers/event-buffer';
import type { EventEndpoint } from '../buffers/event-endpoint';
import type { PerCPUEventBuffer } from '../buffers/per-cpu-event-buffer';
import { invalidArgument } from '../validate';
import type { PriorityBuffer } from './priority-buffer';

/** What events can be taken from and put into. */
export type AnyEventBuffer = EventBuffer | PerCPUEventBuffer | PriorityBuffer;

/** An event buffer of any class, and of any copy of this package: so not by `instanceof`. @throws TapioError ERR_INVALID_ARGUMENT */
export function checkEndpoint(name: string, value: unknown): asserts value is EventEndpoint {
  if (typeof value === 'object' && value !== null) {
    const { offer, giveBack } = value as Partial<EventEndpoint>;
    if (typeof offer === 'function' && typeof giveBack === 'function') return;
  }
  throw invalidArgument(name, value, 'an EventBuffer');
}
