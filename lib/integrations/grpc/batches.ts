/** The message EventBatch. */
import { corrupt } from '../../event/invalid-event';
import type { UnifiedEvent } from '../../event/unified-event';
import { readWire } from '../../event/generated/wire-read';
import { WireReader } from '../../event/wire-reader';

const EVENTS_TAG = 0x0a;
const DROPPED_TAG = 0x10;
/** A byte may stand for an event of a thousand; so many are enough for everybody. */
const MAX_EVENTS = 65_536;

/** Bytes of events of a message of ours, unless it has but one: gRPC takes 4 MiB by default, and less waits in memory at a time. */
export const MESSAGE_BYTES = 1024 * 1024;
/** What gRPC takes in a message by default, less room for what is beside an event. */
export const MAX_EVENT_BYTES = 4 * 1024 * 1024 - 64;

export interface Batch {
  readonly events: UnifiedEvent[];
  readonly dropped: number;
}

/** @throws TapioError ERR_CORRUPT_DATA */
export function decodeBatch(bytes: Uint8Array): Batch {
  const reader = new WireReader(bytes);
  const { end } = reader;
  const events: UnifiedEvent[] = [];
  let dropped = 0;
  while (reader.at < end) {
    const tag = reader.varint32(end);
    if (tag === EVENTS_TAG) {
      if (events.length === MAX_EVENTS) throw corrupt(`more than ${MAX_EVENTS} events in a message`);
      events.push(readWire(reader, reader.messageEnd(end)));
    } else if (tag === DROPPED_TAG) dropped = reader.safeInteger(end, 'dropped');
    else reader.skip(tag, end);
  }
  return { events, dropped };
}

/** The field that tells of losses; empty for none. */
export function droppedField(dropped: number): Buffer {
  if (dropped === 0) return Buffer.alloc(0);
  const bytes = [DROPPED_TAG];
  let rest = dropped;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
