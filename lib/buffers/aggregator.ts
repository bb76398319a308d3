import { decodeEvent } from '../event/codec';
import { eventToJSON } from '../event/json';

/** Makes one array of bytes out of many records. Called by `PerCPUBuffer.aggregate` in its thread. */
export interface BufferAggregator {
  aggregate(records: readonly Uint8Array[]): Uint8Array;
}

/** Concatenates the records. */
export class SimpleAggregator implements BufferAggregator {
  aggregate(records: readonly Uint8Array[]): Uint8Array {
    const result = new Uint8Array(records.reduce((sum, record) => sum + record.length, 0));
    let at = 0;
    for (const record of records) {
      result.set(record, at);
      at += record.length;
    }
    return result;
  }
}

/**
 * Records of `encodeEvent` in, the UTF-8 bytes of a JSON array of `eventToJSON` objects out.
 * `aggregate` throws TapioError ERR_CORRUPT_DATA for a record that is no encoded event.
 */
export class EventAggregator implements BufferAggregator {
  aggregate(records: readonly Uint8Array[]): Uint8Array {
    return new TextEncoder().encode(
      `[${records.map((record) => eventToJSON(decodeEvent(record))).join(',')}]`,
    );
  }
}
