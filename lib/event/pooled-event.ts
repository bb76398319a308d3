import { BlankShape } from './generated/blank';
import type { UnifiedEvent } from './unified-event';

class Itself {
  constructor(event: UnifiedEvent) {
    return event;
  }
}

/** Marks events: what it constructs is the event itself, with a private field that nobody else can give or take away. */
class Mark extends Itself {
  readonly #pooled = true;

  static isOn(event: object): boolean {
    return #pooled in event;
  }
}

/**
 * A blank event that keeps one hidden class whatever is done to it: it has every field, and is sealed. So blanking it is a row of
 * stores, and nothing can be left in it that was not there before. It inherits from Object.prototype, as literals do.
 */
export function pooledEvent(): UnifiedEvent {
  const event = new BlankShape(true);
  new Mark(event);
  return Object.seal(event);
}

export function isPooledEvent(event: object): boolean {
  return Mark.isOn(event);
}
