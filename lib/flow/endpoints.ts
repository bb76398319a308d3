import type { EventBuffer } from '../buffers/event-buffer';
import type { EventEndpoint } from '../buffers/event-endpoint';
import { findInternals } from '../buffers/internals-of';
import { withArticle } from '../buffers/handle';
import type { PerCPUEventBuffer } from '../buffers/per-cpu-event-buffer';
import { isArrayOrRevoked, show, TapioError } from '../errors';
import type { PriorityBuffer } from '../buffers/priority-buffer';

/** What events can be taken from and put into. */
export type AnyEventBuffer = EventBuffer | PerCPUEventBuffer | PriorityBuffer;

/** An event buffer of any class, and of any copy of this package: so not by `instanceof`. @throws TapioError ERR_INVALID_ARGUMENT */
export function checkEndpoint(name: string, value: unknown): asserts value is EventEndpoint {
  const given = typeof value === 'object' && value !== null && !isArrayOrRevoked(value) ? value : {};
  if (findInternals(given) !== undefined) return;
  const { handle } = given as Partial<EventEndpoint>;
  const what = typeof handle?.kind === 'string' ? withArticle(handle.kind) : show(value);
  throw new TapioError(
    'ERR_INVALID_ARGUMENT',
    `${name} must be an EventBuffer, a PerCPUEventBuffer or a PriorityBuffer, not ${what}`,
  );
}
