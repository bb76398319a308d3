import { binding } from '../binding';
import { Encoder } from '../event/encoder';
import type { UnifiedEvent } from '../event/unified-event';
import { checkBytes } from '../validate';
import { tellDrop } from './diagnostics';
import type { Attachment } from './attachment';
import { Layout, alignUp } from './staging';

/*
 * What an instance had taken from the rings and lets go of undelivered goes back, behind what waits there, and is counted as put once
 * more. What finds no room, comes after the close, or is no record any more is lost: counted in `discarded`, and told as a drop.
 * All of it by the buffer's id, so that it works for an instance that has let go already.
 */

/** @param record gives the level (0 where there are none) and the bytes of an item; what it throws makes the item a lost one */
function putBack<T>(
  attachment: Attachment,
  items: readonly T[],
  record: (item: T) => { level: number; bytes: Uint8Array },
): void {
  const { id } = attachment.handle;
  const lost = new Map<number, number>();
  for (const item of items) {
    let level = 0;
    try {
      const found = record(item);
      level = found.level;
      if (binding.returnRecord(id, level, found.bytes)) continue;
    } catch {
      // Whoever had it has changed it.
    }
    lost.set(level, (lost.get(level) ?? 0) + 1);
  }
  let total = 0;
  for (const [ring, count] of lost) {
    binding.countDiscarded(id, ring, count);
    total += count;
  }
  if (total > 0) tellDrop(attachment, total);
}

/** @param levelOf throws nothing */
export function putEventsBack(
  attachment: Attachment,
  events: readonly UnifiedEvent[],
  levelOf: (event: UnifiedEvent) => number,
): void {
  if (events.length === 0) return;
  // In memory of its own, as the staging may be in use.
  const memory = new ArrayBuffer(alignUp(attachment.mostStaged, Layout.ALIGNMENT));
  const encoder = new Encoder(memory, 0, memory.byteLength);
  putBack(attachment, events, (event) => ({
    level: levelOf(event),
    bytes: new Uint8Array(memory, 0, encoder.encode(event, 0)),
  }));
}

export function putRecordsBack(attachment: Attachment, records: readonly Uint8Array[]): void {
  putBack(attachment, records, (bytes) => {
    checkBytes('record', bytes);
    return { level: 0, bytes };
  });
}
