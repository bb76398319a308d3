import type { UnifiedEvent } from '../../event/unified-event';
import type { Batch } from '../in-flight-window';
import { messageId } from './message-id';
import { unpackEvents } from './packing';

/** Events packed into a message, and how it is told from others. */
export class Message implements Batch {
  readonly id: string;

  /** @param firstId of the first event */
  constructor(
    readonly bytes: Uint8Array<ArrayBuffer>,
    readonly count: number,
    firstId: string,
  ) {
    this.id = messageId(firstId, count);
  }

  get events(): readonly UnifiedEvent[] {
    return unpackEvents(this.bytes);
  }
}
