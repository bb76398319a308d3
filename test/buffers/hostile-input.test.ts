/** Input that runs code of its own or changes while it is read: views of every make, getters, proxies, re-entry, bytes that are no event. */
import path from 'node:path';
import { runInNewContext } from 'node:vm';
import { EventBuffer, PerCPUBuffer, RingBuffer, type UnifiedEvent } from '@tapio/performance';
import { closedError, rejectionOf, thrownBy } from '../support/errors';
import { numbered, numberOf, record, recordNumber } from '../support/events';

/* eslint-disable @typescript-eslint/no-require-imports -- what the package does not export, of the same build */
const { Attachment } = require(
  path.join(__dirname, '../../../dist/buffers/attachment'),
) as typeof import('../../dist/buffers/attachment');
const { OnFull } = require(
  path.join(__dirname, '../../../dist/buffers/staging'),
) as typeof import('../../dist/buffers/staging');
/* eslint-enable @typescript-eslint/no-require-imports */

const resizable = (size: number): ArrayBuffer & { resize(size: number): void } =>
  new (ArrayBuffer as any)(size, { maxByteLength: 64 });

describe('views that are accepted', () => {
  const growable = new (SharedArrayBuffer as any)(8, { maxByteLength: 64 });
  const tracking = new Uint8Array(resizable(8));
  (tracking.buffer as any).resize(6);
  test.each<[string, Uint8Array, number]>([
    ['a Buffer of the shared pool', Buffer.from('hello'), 5],
    ['a subarray', new Uint8Array(100).subarray(90, 95), 5],
    ['a view over a SharedArrayBuffer', new Uint8Array(new SharedArrayBuffer(8)), 8],
    ['a view over a growable SharedArrayBuffer', new Uint8Array(growable), 8],
    ['a view that tracks the length of its buffer', tracking, 6],
    ['an empty view', new Uint8Array(0), 0],
    ['a subclass', new (class extends Uint8Array {})(7), 7],
    ['one of another realm', runInNewContext('new Uint8Array(9)') as Uint8Array, 9],
  ])('%s', (_name, bytes, size) => {
    bytes.fill(0x41);
    const ring = new RingBuffer(4);
    const perCPU = new PerCPUBuffer();
    ring.put(bytes);
    ring.putBatch([bytes]);
    ring.putBatchFrom(bytes, Uint32Array.of(size));
    perCPU.write(bytes);
    for (const out of [...ring.getBatch(9), ...perCPU.read()])
      expect(Buffer.from(out).toString('latin1')).toBe('A'.repeat(size));
    ring.put(new Uint8Array(size).fill(0x42));
    expect(ring.tryGetInto(bytes)).toBe(size);
    expect([...bytes].every((byte) => byte === 0x42)).toBe(true);
  });
});

test('a view whose buffer has shrunk under it stores nothing', () => {
  const buffer = resizable(32);
  const fixed = new Uint8Array(buffer, 16, 8);
  buffer.resize(4);
  const ring = new RingBuffer(4);
  const perCPU = new PerCPUBuffer();
  const calls = [
    () => ring.put(fixed),
    () => ring.tryPut(fixed),
    () => ring.putBatch([fixed]),
    () => ring.putBatchFrom(fixed, new Uint32Array(1)),
    () => ring.tryGetInto(fixed),
    () => ring.getBatchInto(fixed, new Uint32Array(1)),
    () => perCPU.write(fixed),
  ];
  for (const call of calls)
    expect(thrownBy(call)).toMatchObject({ name: 'TapioError', code: 'ERR_INVALID_ARGUMENT' });
  expect(ring.getStats()).toMatchObject({ puts: 0, rejected: 0 });
  expect(perCPU.getMetrics().writes).toBe(0);
});

describe('arrays that lie about their length', () => {
  const lying = (size: number, told: () => number): Uint8Array =>
    Object.defineProperty(new Uint8Array(size).fill(7), 'length', { get: told });

  test('store what they are', () => {
    const ring = new RingBuffer(8, { slotSize: 64 });
    const perCPU = new PerCPUBuffer({ slotSize: 64 });
    for (const told of [0, 1, 64, 1000, -1, NaN, 2 ** 32]) {
      const bytes = lying(16, () => told);
      ring.put(bytes);
      ring.putBatch([bytes]);
      perCPU.write(bytes);
      const out = [...ring.getBatch(4), ...perCPU.read()];
      expect([told, out.map((each) => Buffer.from(each).toString('hex'))]).toEqual([
        told,
        Array(3).fill('07'.repeat(16)),
      ]);
    }
    expect(thrownBy(() => ring.put(lying(65, () => 3))).code).toBe('ERR_EVENT_TOO_LARGE');
    expect(thrownBy(() => perCPU.write(lying(65537, () => 3))).code).toBe('ERR_EVENT_TOO_LARGE');
  });

  test('cannot put from within a batch over what is staged', () => {
    const ring = new RingBuffer(16, { slotSize: 64 });
    const evil = lying(8, () => {
      ring.tryPut(record(99));
      return 8;
    });
    ring.putBatch([record(1), record(2), evil]);
    const out = ring.getBatch(16).map((bytes) => bytes[0]);
    expect(out.filter((n) => n === 1)).toEqual([1]);
    expect(out.filter((n) => n === 2)).toEqual([2]);
  });
});

/** A numbered event whose field `name` runs code each time it is read. */
function withGetter(n: number, name: keyof UnifiedEvent, run: () => unknown): UnifiedEvent {
  return Object.defineProperty(numbered(n), name, { enumerable: true, get: run });
}

describe('getters of an event that is being put', () => {
  const drain = (buffer: EventBuffer): number[] => buffer.getBatch(100).map(numberOf);

  test('that throw leave nothing behind, in any form', async () => {
    const buffer = new EventBuffer(8);
    const stop = new Error('stop');
    const bad = withGetter(1, 'message', () => {
      throw stop;
    });
    for (const put of [() => buffer.put(bad), () => buffer.tryPut(bad), () => buffer.putBatch([bad])])
      expect(thrownBy(put)).toBe(stop);
    expect(await rejectionOf(buffer.putAsync(bad))).toBe(stop);
    expect(thrownBy(() => buffer.putBatch([numbered(5), bad, numbered(6)]))).toBe(stop);
    expect(drain(buffer)).toEqual([5]);
    expect(buffer.getStats()).toMatchObject({ puts: 1, rejected: 0 });
  });

  test('that put events themselves: each event comes out whole, the inner ones first', () => {
    const buffer = new EventBuffer(64);
    const nest = (n: number): UnifiedEvent =>
      withGetter(n, 'message', () => {
        if (n > 1) buffer.put(nest(n - 1));
        buffer.putBatch([numbered(n * 10), numbered(n * 10 + 1)]);
        return `message ${n}`;
      });
    buffer.putBatch([numbered(100), nest(3), numbered(101)]);
    const events = buffer.getBatch(100);
    expect(events.map(numberOf)).toEqual([10, 11, 1, 20, 21, 2, 30, 31, 100, 3, 101]);
    expect(
      events.filter(({ message }) => message !== undefined).map(({ id, message }) => [id, message]),
    ).toEqual([1, 2, 3].map((n) => [String(n), `message ${n}`]));
  });

  test('that take events, consume and clear', () => {
    const buffer = new EventBuffer(64);
    buffer.putBatch([numbered(1), numbered(2), numbered(3)]);
    const taken: number[] = [];
    buffer.putBatch([
      numbered(4),
      withGetter(5, 'message', () => {
        taken.push(numberOf(buffer.get()));
        buffer.consume((view) => taken.push(numberOf(view)), 1);
        buffer.clear();
        return 'm';
      }),
      numbered(6),
    ]);
    expect(taken).toEqual([1, 2]);
    expect(drain(buffer)).toEqual([4, 5, 6]);
    expect(buffer.getStats().discarded).toBe(1);
  });

  test('that close the buffer or let go of it', () => {
    for (const end of ['close', Symbol.dispose] as const) {
      const maker = new EventBuffer(8);
      const buffer = EventBuffer.attach(maker.handle);
      const event = withGetter(1, 'message', () => {
        buffer[end]();
        return 'm';
      });
      expect(thrownBy(() => buffer.put(event))).toEqual(closedError());
      expect(maker.getStats()).toMatchObject({ puts: 0, size: 0 });
    }
  });

  test('that change the batch they are in', () => {
    for (const change of [
      (events: UnifiedEvent[]) => events.splice(0),
      (events: UnifiedEvent[]) => events.reverse(),
    ]) {
      const full = new EventBuffer(1);
      full.put(numbered(0));
      const events: UnifiedEvent[] = [
        withGetter(1, 'message', () => void change(events)),
        numbered(2),
        numbered(3),
      ];
      expect(full.putBatch(events)).toBe(0);
      expect(full.getStats()).toMatchObject({ puts: 1, rejected: 3 });

      const large = new EventBuffer(256);
      const many: UnifiedEvent[] = [withGetter(0, 'message', () => void change(many))];
      for (let n = 1; n < 200; n++) many.push(numbered(n));
      const error = ((): { code?: string; stored?: number } | undefined => {
        try {
          large.putBatch(many);
          return undefined;
        } catch (thrown) {
          return thrown as { code?: string; stored?: number };
        }
      })();
      if (error !== undefined) expect(error).toMatchObject({ code: 'ERR_INVALID_EVENT', stored: large.size });
      expect(large.getBatch(999).length).toBe(large.getStats().puts);
    }
  });

  test('that put once more when the event turns out too large', () => {
    const buffer = new EventBuffer(64, { maxEventSize: 512 });
    const evil = withGetter(9, 'type', () => {
      buffer.tryPut(numbered(77));
      return 'test';
    });
    evil.rawData = new Uint8Array(600);
    expect(thrownBy(() => buffer.putBatch([numbered(1), numbered(2), evil]))).toMatchObject({
      code: 'ERR_EVENT_TOO_LARGE',
      stored: 2,
    });
    const out = drain(buffer);
    expect(out.filter((n) => n !== 77)).toEqual([1, 2]);
  });
});

test('a Proxy is an event like any other, read before anything is stored', () => {
  const buffer = new EventBuffer(8);
  const proxy = new Proxy(numbered(3), {});
  buffer.put(proxy);
  expect(numberOf(buffer.get())).toBe(3);
  const evil = new Proxy(numbered(3), {
    get() {
      throw new Error('trap');
    },
  });
  expect(thrownBy(() => buffer.put(evil)).message).toBe('trap');
  const revoked = Proxy.revocable(numbered(3), {});
  revoked.revoke();
  expect(() => buffer.put(revoked.proxy)).toThrow('event must be an object, not a revoked Proxy');
  expect(buffer.getStats()).toMatchObject({ puts: 1, size: 0 });
});

test('sparse and endless arrays of events are refused at their first hole', () => {
  const buffer = new EventBuffer(8);
  const ring = new RingBuffer(8);
  expect(thrownBy(() => buffer.putBatch(new Array<UnifiedEvent>(2 ** 32 - 1)))).toMatchObject({
    code: 'ERR_INVALID_EVENT',
    stored: 0,
  });
  expect(thrownBy(() => ring.putBatch(new Array<Uint8Array>(2 ** 32 - 1)))).toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
    stored: 0,
  });
  const holes = [numbered(1)];
  holes[2] = numbered(3);
  expect(thrownBy(() => buffer.putBatch(holes))).toMatchObject({ code: 'ERR_INVALID_EVENT', stored: 1 });
});

test('targets that refuse what drainTo writes lose no event', () => {
  const buffer = new EventBuffer(8);
  buffer.putBatch([numbered(1), numbered(2), numbered(3)]);
  const frozen = Object.freeze(new Array<UnifiedEvent>(2)) as UnifiedEvent[];
  expect(() => buffer.drainTo(frozen)).toThrow();
  const stop = new Error('stop');
  const trap = Object.defineProperty(new Array<UnifiedEvent>(3), 1, {
    set() {
      throw stop;
    },
  });
  expect(thrownBy(() => buffer.drainTo(trap))).toBe(stop);
  const rest = buffer.getBatch(9).map(numberOf);
  const delivered = trap.filter((event) => event !== undefined).map(numberOf);
  expect([...delivered, ...rest]).toEqual([1, 2, 3]);
});

test('bytes in a slot that are no event give ERR_CORRUPT_DATA, and what follows comes through', () => {
  const buffer = new EventBuffer(64);
  const attachment = Attachment.byHandle('EventBuffer', buffer.handle);
  attachment.growToPut();
  for (const fill of [0, 1, 0x7f, 0xff]) {
    for (const size of [0, 1, 8, 16, 64, 128, 400]) {
      attachment.toPut.bytes.fill(fill, 0, size);
      attachment.put(size, OnFull.REFUSE);
      buffer.put(numbered(size));
      let decoded: unknown;
      try {
        decoded = buffer.tryGet();
      } catch (error) {
        expect(error).toMatchObject({ name: 'TapioError', code: 'ERR_CORRUPT_DATA' });
      }
      // Some bytes happen to be an event; none is worse than that.
      if (decoded !== undefined) expect(decoded).toHaveProperty('timestamp');
      expect(numberOf(buffer.get())).toBe(size);
    }
  }
  expect(buffer.isEmpty).toBe(true);
});

test('records that change while they are copied come out as one of the bytes they had', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(8));
  const ring = new RingBuffer(4);
  shared.set(record(5));
  ring.put(shared);
  shared.fill(0);
  expect(recordNumber(ring.get())).toBe(5);
});

test('a revoked Proxy is refused with its name wherever an array is expected', () => {
  const { proxy, revoke } = Proxy.revocable<any[]>([], {});
  revoke();
  const buffer = new EventBuffer(4);
  const refused = (code: string): Error => expect.objectContaining({ name: 'TapioError', code }) as Error;
  expect(() => buffer.put({ ...numbered(1), tags: proxy })).toThrow(refused('ERR_INVALID_EVENT'));
  expect(() => buffer.put({ ...numbered(1), kernel: proxy as never })).toThrow(refused('ERR_INVALID_EVENT'));
  expect(() => buffer.drainTo(proxy)).toThrow(refused('ERR_INVALID_ARGUMENT'));
  expect(() => new EventBuffer(proxy as never)).toThrow(refused('ERR_INVALID_CAPACITY'));
  expect(buffer.isEmpty).toBe(true);
});
