/** Code of the user that runs where one does not expect it, or that ends in the middle of a call. */
import { once } from 'node:events';
import vm from 'node:vm';
import { Worker } from 'node:worker_threads';
import {
  EventBuffer,
  RingBuffer,
  createEvent,
  decodeEvent,
  encodeEvent,
  type UnifiedEvent,
} from '@tapio/performance';
import { thrownBy } from '../support/errors';

const event = (message: string): UnifiedEvent => createEvent({ type: 'test', source: 'test', message });

describe('in a batch', () => {
  /** An array whose slices are of a class that puts when it is read. */
  function withSpecies<T>(items: T[], put: () => void): T[] {
    let busy = false;
    class Slice {
      constructor() {
        return new Proxy([], {
          get(target, property, receiver) {
            if (property === '1' && !busy) {
              busy = true;
              put();
              busy = false;
            }
            return Reflect.get(target, property, receiver) as unknown;
          },
        });
      }
    }
    (items as unknown as { constructor: unknown }).constructor = { [Symbol.species]: Slice };
    return items;
  }

  test('events come out as they were', () => {
    const buffer = new EventBuffer(64);
    const events = withSpecies([event('0'), event('1'), event('2')], () =>
      buffer.put(event('long'.repeat(100))),
    );
    expect(buffer.putBatch(events)).toBe(3);
    const messages = buffer.getBatch(64).map(({ message }) => message);
    expect(messages.filter((message) => message !== 'long'.repeat(100))).toEqual(['0', '1', '2']);
  });

  test('records come out as they were', () => {
    const buffer = new RingBuffer(64, { slotSize: 64 });
    const inner = Array.from({ length: 20 }, () => new Uint8Array(64).fill(9));
    const items = withSpecies([Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)], () =>
      buffer.putBatch(inner),
    );
    expect(buffer.putBatch(items)).toBe(3);
    const records = Array.from({ length: buffer.size }, () => [...buffer.get()]);
    expect(records.filter(([first]) => first !== 9)).toEqual([[1], [2], [3]]);
  });

  test('an error message asks a Proxy nothing', () => {
    const buffer = new RingBuffer(64, { slotSize: 64 });
    let asked = 0;
    const proxy = new Proxy([], { get: () => asked++ });
    expect(thrownBy(() => buffer.putBatch([Uint8Array.of(1), proxy as unknown as Uint8Array])).code).toBe(
      'ERR_INVALID_ARGUMENT',
    );
    expect(asked).toBe(0);
    expect([...buffer.get()]).toEqual([1]);
  });
});

test.each([1.5, -1, NaN, 0.5])('tags with length %p can be read again', (length) => {
  const buffer = new EventBuffer(64);
  const tags = new Proxy(['a', 'b'], {
    get: (target, property) => (property === 'length' ? length : (Reflect.get(target, property) as unknown)),
  });
  buffer.put({ ...event('with tags'), tags });
  expect(buffer.get().tags).toEqual(['a', 'b'].slice(0, Math.max(0, Math.ceil(length || 0))));
});

test('an event that is refused leaves nothing behind', () => {
  const buffer = new EventBuffer(64);
  const bad = {
    ...event('bad'),
    attributes: { text: 'x'.repeat(1e6) },
    tags: [1],
  } as unknown as UnifiedEvent;
  expect(thrownBy(() => buffer.put(bad)).code).toBe('ERR_INVALID_EVENT');
  buffer.put(event('good'));
  expect(buffer.get().message).toBe('good');
});

test('bytes that lie about their length are decoded by their true one', () => {
  const bytes = new Uint8Array(1024);
  const encoded = bytes.slice(0, encodeEvent(event('true'), bytes));
  Object.defineProperty(encoded, 'length', { value: 40 });
  expect(decodeEvent(encoded).message).toBe('true');
});

test('JavaScript that is stopped between two arrays goes on with the right one', () => {
  const one = new Uint8Array(64).fill(1);
  const two = new Uint8Array(64).fill(2);
  const end = Date.now() + 1500;
  let stopped = 0;
  while (Date.now() < end) {
    const buffer = new RingBuffer(64, { slotSize: 64 });
    const context = vm.createContext({ buffer, one, two });
    const loop = 'for (;;) { buffer.tryPut(one); buffer.tryPut(two); buffer.clear(); }';
    expect(() => vm.runInContext(loop, context, { timeout: 1 }) as unknown).toThrow(/timed out/);
    stopped++;
    for (const array of [one, two]) {
      buffer.clear();
      buffer.put(array);
      expect(buffer.get()[0]).toBe(array[0]);
    }
    buffer.close();
  }
  expect(stopped).toBeGreaterThan(10);
});

describe('behind a wake', () => {
  test('what a stream handler throws is uncaught', async () => {
    // In a worker, as Jest has a handler of its own for this thread. No call of the package must be needed for it to come out.
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads');
       const { Readable } = require('node:stream');
       const { EventBuffer, createEvent } = require('@tapio/performance');
       process.on('uncaughtException', (error) => parentPort.postMessage(error.message));
       const buffer = new EventBuffer(8);
       Readable.from(buffer).on('data', () => { throw new Error('in a handler'); });
       setImmediate(() => buffer.put(createEvent({ type: 'test', source: 'test' })));
       setTimeout(() => parentPort.postMessage('nobody heard of it'), 5_000);`,
      { eval: true },
    );
    expect(await once(worker, 'message')).toEqual(['in a handler']);
    await worker.terminate();
  });

  test('a waiter that is aborted before it hears of its wake passes it on', async () => {
    const [first, second] = [new RingBuffer(8), new RingBuffer(8)];
    const abort = new AbortController();
    const order = first.ready().then(() => abort.abort());
    const aborted = second.ready({ signal: abort.signal }).catch(() => 'aborted');
    const worker = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
       const { RingBuffer } = require('@tapio/performance');
       const buffer = RingBuffer.attach(workerData);
       buffer.ready().then(() => parentPort.postMessage(buffer.get()[0]));
       parentPort.postMessage('parked');`,
      { eval: true, workerData: second.handle },
    );
    expect(await once(worker, 'message')).toEqual(['parked']);
    const taken = once(worker, 'message');
    // Both waiters of this thread are woken at once.
    first.put(Uint8Array.of(1));
    second.put(Uint8Array.of(42));
    await order;
    expect(await aborted).toBe('aborted');
    expect(await taken).toEqual([42]);
    await worker.terminate();
  });
});
