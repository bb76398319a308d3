import type { Port } from './port';
import { Layout, Limit, Status, Ticket, Word, alignUp, u32, u64 } from './staging';

/**
 * Visits the records that wait in one ring now, oldest first, and takes none.
 *
 * @param port one that nothing else takes from, as its take region is overwritten
 * @param read makes a copy of the record at byte `at` of the take region; runs no user code
 */
export function visitRing<T>(
  port: Port,
  ring: number,
  read: (at: number, size: number) => T,
  visit: (record: T) => void,
): void {
  port.stats(ring);
  let cursor = u64[Ticket.CURSOR];
  const end = u64[Ticket.END];
  for (;;) {
    // The words are set anew each time: visit may start a visit of its own.
    u64[Ticket.CURSOR] = cursor;
    u64[Ticket.END] = end;
    u32[Word.RING] = ring;
    u32[Word.COUNT] = Limit.MAX_BATCH;
    port.native.peek();
    if (port.status() !== Status.DONE) return;
    cursor = u64[Ticket.CURSOR];
    const records: T[] = [];
    for (let i = 0, at = 0; i < u32[Word.COUNT]; i++) {
      records.push(read(at, port.takeSizes[i]));
      at = alignUp(at + port.takeSizes[i], Layout.ALIGNMENT);
    }
    records.forEach(visit);
  }
}
