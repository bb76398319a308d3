/**
 * What a Node user turns events into bytes with. Each answers an encoder and a decoder of its own, made anew in
 * the thread that uses it, so that both ends of a channel can have one.
 */
import path from 'node:path';
import type { UnifiedEvent } from '@tapio/performance';
import type { Workload } from './events';
import { handCodec } from './hand-codec';
import { peer, peersFolder } from './peers';

export interface Codec {
  /** What a peer cannot carry as it is, turned into what it can: outside of what is timed. */
  adapt(event: UnifiedEvent): unknown;
  encode(event: unknown): Uint8Array;
  decode(bytes: Uint8Array): UnifiedEvent;
}

export type CodecMaker = (workload: Workload) => Codec;

const asItIs = (event: UnifiedEvent): unknown => event;

/** Bytes of the largest sample event in any of the codecs, generously. */
export const MOST_BYTES = 2048;

interface Packr {
  pack(event: unknown): Uint8Array;
  unpack(bytes: Uint8Array): UnifiedEvent;
}

export const msgpackr: CodecMaker = ({ events }) => {
  const { Packr } = peer<{ Packr: new (options: object) => Packr }>('msgpackr');
  const codec = new Packr({ structures: [] });
  // Shared structures: both ends learn the same shapes in the same order.
  for (const event of events()) codec.pack(event);
  return {
    adapt: asItIs,
    encode: (event) => codec.pack(event),
    decode: (bytes) => codec.unpack(bytes),
  };
};

/** What both schemas call a kind of event. */
function messageOf(name: Workload['name']): string {
  return `${name[0].toUpperCase()}${name.slice(1)}Event`;
}

interface BebopView {
  startReading(bytes: Uint8Array): void;
}
interface BebopRecord {
  encode(event: unknown): Uint8Array;
  readFrom(view: BebopView): UnifiedEvent;
}

export const bebop: CodecMaker = ({ name }) => {
  const schema = peer<Record<string, BebopRecord>>('./build/schema.js');
  const record = schema[messageOf(name)];
  const view = peer<{ BebopView: { getInstance(): BebopView } }>('bebop').BebopView.getInstance();
  return {
    // Its maps are Map objects.
    adapt: (event) =>
      event.entity?.labels === undefined
        ? event
        : { ...event, entity: { ...event.entity, labels: new Map(Object.entries(event.entity.labels)) } },
    encode: (event) => record.encode(event),
    // What its `decode` does, without the frozen copy that it makes of every event.
    decode(bytes) {
      view.startReading(bytes);
      return record.readFrom(view);
    },
  };
};

interface ProtobufType {
  encode(message: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): UnifiedEvent;
}

export const protobufjs: CodecMaker = ({ name }) => {
  const { loadSync } = peer<{ loadSync(file: string): { lookupType(name: string): ProtobufType } }>(
    'protobufjs',
  );
  const type = loadSync(peerFile('schema.proto')).lookupType(messageOf(name));
  return {
    // It has no bigint; splitting the number is left out of its time.
    adapt: ({ timestamp, ...event }) => ({
      ...event,
      timestampHigh: Number(timestamp >> 32n),
      timestampLow: Number(timestamp & 0xffffffffn),
    }),
    encode: (event) => type.encode(event).finish(),
    decode: (bytes) => type.decode(bytes),
  };
};

/** The bytes are a copy, as those of the others are; two `Buffer`s would share one memory otherwise. */
export const byHand: CodecMaker = ({ name }) => {
  const memory = new Uint8Array(2 * MOST_BYTES);
  const { encode, decode } = handCodec(name, memory);
  return {
    adapt: asItIs,
    encode: (event) => memory.subarray(0, encode(event as UnifiedEvent, 0)),
    decode(bytes) {
      memory.set(bytes, MOST_BYTES);
      return decode(MOST_BYTES);
    },
  };
};

function peerFile(name: string): string {
  return path.join(peersFolder, name);
}
