import type { EventEndpoint } from '../buffers/event-endpoint';
import { invalidArgument } from '../validate';

/** An event buffer of any class, and of any copy of this package: so not by `instanceof`. @throws TapioError ERR_INVALID_ARGUMENT */
export function checkEndpoint(name: string, value: unknown): asserts value is EventEndpoint {
  if (typeof value === 'object' && value !== null) {
    const { offer, giveBack } = value as Partial<EventEndpoint>;
    if (typeof offer === 'function' && typeof giveBack === 'function') return;
  }
  throw invalidArgument(name, value, 'an EventBuffer');
}
