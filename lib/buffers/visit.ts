import type { Attachment } from './attachment';
import { Layout, Ticket, alignUp, u64 } from './staging';

/**
 * Visits the records that wait in one ring now, oldest first, and takes none.
 *
 * @param attachment one that nothing else takes from, as its region of records taken is overwritten
 * @param read makes a copy of the record at byte `at` of `attachment.taken`; runs no user code
 */
export function visitRing<T>(
  attachment: Attachment,
  ring: number,
  read: (at: number, size: number) => T,
  visit: (record: T) => void,
): void {
  attachment.stats(ring);
  let cursor = u64[Ticket.CURSOR];
  const end = u64[Ticket.END];
  for (;;) {
    // The words are set anew each time: visit may start a visit of its own.
    const count = attachment.peek(ring, cursor, end);
    if (count === 0) return;
    cursor = u64[Ticket.CURSOR];
    const { sizes } = attachment.taken;
    const records: T[] = [];
    for (let i = 0, at = 0; i < count; i++) {
      records.push(read(at, sizes[i]));
      at = alignUp(at + sizes[i], Layout.ALIGNMENT);
    }
    records.forEach(visit);
  }
}
