import type { BufferConfig } from '../binding';
import { checkInteger, checkSlotSize, checkStartTicket } from '../validate';
import { Attachment } from './attachment';
import { Layout } from './staging';
import { checkPolicy, type FullPolicy, type Kind } from './traits';

/** How events are stored; the same for all event buffers. */
export interface EventStorageOptions {
  /** Bytes of a slot, its header of 16 included: a multiple of 128 up to 65536, default 512. */
  slotSize?: number;
  /** Bytes of the largest event, encoded: 128..16777216, default 65536. An event larger than a slot spans consecutive slots, up to the whole buffer. */
  maxEventSize?: number;
  /**
   * What a put does when there is no room. `reject` (default): it is refused and counted in `rejected`. `drop-oldest`: the
   * oldest events give way, counted in `discarded`. `block`: `put` waits, and blocks its thread meanwhile: meant for workers.
   */
  onFull?: FullPolicy;
  /**
   * At most one wake of a sleeping consumer in this time under load, microseconds 0..1000000, default 100. The first event after
   * an idle time wakes at once. Who has taken everything and waits again (`ready`, `batches`, iteration) sleeps until then, unless
   * events come so fast that a ring might fill. 0: each event wakes. An interval shorter than about 20 costs more than it saves.
   */
  wakeIntervalMicros?: number;
  /** First ticket of each ring; for tests that cross a power of two. @internal */
  startTicket?: number;
}

/** Fills in defaults. @throws TapioError ERR_INVALID_ARGUMENT */
export function checkEventOptions(options: EventStorageOptions): Required<EventStorageOptions> {
  const { slotSize = 512, maxEventSize = 65536, onFull = 'reject', wakeIntervalMicros = 100 } = options;
  return {
    slotSize: checkSlotSize(slotSize),
    maxEventSize: checkInteger('maxEventSize', maxEventSize, Layout.CACHE_LINE, 2 ** 24),
    onFull: checkPolicy(onFull),
    wakeIntervalMicros: checkInteger('wakeIntervalMicros', wakeIntervalMicros, 0, 1_000_000),
    startTicket: checkStartTicket(options.startTicket),
  };
}

/** Bytes of a slot that an event can use. */
export function payloadOf(slotSize: number): number {
  return slotSize - Layout.SLOT_HEADER;
}

/**
 * Makes an event buffer.
 * @param options as checked
 * @param mostSlots of the largest ring, which the largest event must fit
 * @throws TapioError ERR_INVALID_CAPACITY when the system refuses the memory
 */
export function createEventStorage(
  kind: Kind,
  options: Required<EventStorageOptions>,
  mostSlots: number,
  rings: Pick<BufferConfig, 'layout' | 'slots' | 'overflowSlots' | 'levels'>,
): Attachment {
  const { slotSize, maxEventSize, onFull, wakeIntervalMicros, startTicket } = options;
  const payload = payloadOf(slotSize);
  return Attachment.create(
    {
      kind,
      slotSize,
      maxRecord: Math.min(maxEventSize, mostSlots * payload),
      policy: onFull,
      wakeIntervalMicros,
    },
    { ...rings, stride: slotSize, payload, start: startTicket },
  );
}
