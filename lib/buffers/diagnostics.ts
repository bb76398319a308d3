import { type Channel, channel } from 'node:diagnostics_channel';
import type { BufferHandle } from './handle';
import type { BufferStats } from './stats';

/** Of `tapio:buffer:full` and `tapio:buffer:close`. */
export interface BufferMessage {
  /** Of the buffer. */
  handle: BufferHandle;
}

/** Of `tapio:buffer:drop`. */
export interface BufferDropMessage extends BufferMessage {
  /** Events or records that this operation lost: refused, or the oldest, which gave way. */
  count: number;
}

/** Of `tapio:buffer:high-watermark`. */
export interface BufferHighWatermarkMessage extends BufferMessage {
  /** Which ring of the buffer: of a PerCPUEventBuffer the CPU, and behind them the overflow ring; of a PriorityBuffer the level. */
  ring: number;
  /** Slots. */
  highWatermark: number;
  capacity: number;
}

const full = channel('tapio:buffer:full');
const drop = channel('tapio:buffer:drop');
const close = channel('tapio:buffer:close');
export const highWatermark = channel('tapio:buffer:high-watermark');

/*
 * Messages go to the subscribers of the thread where it happens, and from inside the call that it happens in: whoever publishes must
 * have left staging and control at rest, as a subscriber may call the buffer. Nothing here is on the path of a put that finds room.
 */

/** Buffers of which subscribers hear now: what their own puts find full or lose must not call them again from inside. */
const heard = new Set<bigint>();

/** What the subscribers lost meanwhile, by buffer. */
const withheld = new Map<bigint, BufferDropMessage>();

function publish<M extends BufferMessage>(to: Channel, message: M): void {
  const { id } = message.handle;
  heard.add(id);
  try {
    to.publish(message);
  } finally {
    heard.delete(id);
  }
}

/** A put found no room, whatever becomes of it. */
export function tellFull({ handle }: BufferMessage): void {
  if (full.hasSubscribers && !heard.has(handle.id)) publish(full, { handle });
}

/** So many records are lost. */
export function tellDrop({ handle }: BufferMessage, count: number): void {
  if (!drop.hasSubscribers) return;
  if (heard.has(handle.id)) withhold({ handle, count });
  else publish<BufferDropMessage>(drop, { handle, count });
}

/** For a later turn of the event loop, so that no count is missing; it does not keep the process alive, as it might go on for ever. */
function withhold({ handle, count }: BufferDropMessage): void {
  if (withheld.size === 0) setImmediate(tellWithheld).unref();
  withheld.set(handle.id, { handle, count: count + (withheld.get(handle.id)?.count ?? 0) });
}

function tellWithheld(): void {
  const messages = [...withheld.values()];
  withheld.clear();
  for (const message of messages) publish(drop, message);
}

export function tellClose({ handle }: BufferMessage): void {
  if (close.hasSubscribers) close.publish({ handle } satisfies BufferMessage);
}

/** Least growth of a mark that is told, in parts of the capacity; and the shortest time between two looks, milliseconds. */
const STEPS = 16;
const INTERVAL_MS = 10;

/** What has statistics of each ring. */
interface Rings {
  readonly handle: BufferHandle;
  readonly totalRings: number;
  stats(ring: number): BufferStats;
}

/** Tells how full the rings have been: looked at by who takes, where there are subscribers. */
export class HighWatermarks {
  private readonly told: number[] = [];
  private lookedAt = -Infinity;

  constructor(private readonly rings: Rings) {}

  look(): void {
    const now = performance.now();
    if (now - this.lookedAt < INTERVAL_MS) return;
    this.lookedAt = now;
    const { rings, told } = this;
    for (let ring = 0; ring < rings.totalRings; ring++) {
      const { highWatermark: mark, capacity } = rings.stats(ring);
      if (mark === 0 || mark - (told[ring] ?? 0) < capacity / STEPS) continue;
      told[ring] = mark;
      const { handle } = rings;
      highWatermark.publish({
        handle,
        ring,
        highWatermark: mark,
        capacity,
      } satisfies BufferHighWatermarkMessage);
    }
  }
}
