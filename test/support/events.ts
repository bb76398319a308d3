/** Events that carry a number, so that a test can tell which came out. */
import { EventBuffer, type UnifiedEvent } from '@tapio/performance';

/** A small event of one slot that carries a number from 0 to 2^63 - 1. */
export function numbered(n: number | bigint): UnifiedEvent {
  return { id: String(n), timestamp: BigInt(n), type: 'test', source: 'numbered' };
}

/** What `numbered` put in; throws when its two copies disagree. */
export function numberOf(event: Pick<UnifiedEvent, 'id' | 'timestamp'>): number {
  if (event.id !== String(event.timestamp))
    throw new Error(`torn event: id ${event.id}, timestamp ${event.timestamp}`);
  return Number(event.timestamp);
}

/** A numbered event with so many more bytes. */
export function padded(n: number, bytes: number): UnifiedEvent {
  return { ...numbered(n), rawData: new Uint8Array(bytes).fill(n) };
}

/** The bytes that make a numbered event of up to 9 digits take just `slots` slots and leave no room for 16 more. */
export function paddingFor(slots: number, slotSize: number): number {
  const payload = slotSize - 16;
  const known = paddings.get(slots * 65536 + slotSize);
  if (known !== undefined) return known;
  const probe = new EventBuffer(1024, { slotSize, maxEventSize: 2 ** 20 });
  let padding = slots * payload;
  for (;;) {
    probe.put(padded(123456789, padding));
    const size = probe.size;
    probe.clear();
    if (size <= slots) break;
    padding -= 8;
  }
  probe.close();
  paddings.set(slots * 65536 + slotSize, padding);
  return padding;
}
const paddings = new Map<number, number>();

/** A numbered event that takes so many slots. */
export function spanning(n: number, slots: number, slotSize: number): UnifiedEvent {
  return padded(n, paddingFor(slots, slotSize));
}

/** A raw record of `size` bytes (4 at least) that carries a number: it, then bytes that depend on it. */
export function record(n: number, size = 8): Uint8Array {
  const bytes = new Uint8Array(size).fill(n & 0xff);
  new DataView(bytes.buffer).setUint32(0, n, true);
  return bytes;
}

/** What `record` put in; throws when a byte is not as it should be. */
export function recordNumber(bytes: Uint8Array): number {
  const n = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  for (let i = 4; i < bytes.length; i++) {
    if (bytes[i] !== (n & 0xff)) throw new Error(`torn record: number ${n}, byte ${i} is ${bytes[i]}`);
  }
  return n;
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}
