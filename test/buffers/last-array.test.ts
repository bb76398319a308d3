/** Native code remembers where the last array lay: never longer than that is true. */
import { PerCPUBuffer, RingBuffer } from '@tapio/performance';
import { thrownBy } from '../support/errors';
import { record, recordNumber } from '../support/events';

const SIZE = 64;

declare const WebAssembly: {
  Memory: new (options: { initial: number }) => { buffer: ArrayBuffer; grow(pages: number): number };
};

type Resizable = ArrayBuffer & { resize(size: number): void };
const resizable = (size: number): Resizable => new (ArrayBuffer as any)(size, { maxByteLength: 2 * SIZE });

function filled(array: Uint8Array, number: number): Uint8Array {
  array.set(record(number, array.length));
  return array;
}

/** Ways in which the memory of an array goes away between two calls. */
const TAKEN_AWAY: Record<string, () => [Uint8Array, () => void]> = {
  transferred: () => {
    const array = new Uint8Array(SIZE);
    return [array, () => void structuredClone(array.buffer, { transfer: [array.buffer] })];
  },
  'small and transferred': () => {
    const array = new Uint8Array(record(0).length);
    return [array, () => void structuredClone(array.buffer, { transfer: [array.buffer] })];
  },
  'resized to nothing': () => {
    const memory = resizable(SIZE);
    return [new Uint8Array(memory, 0, SIZE), () => memory.resize(0)];
  },
  'out of a shrunk buffer': () => {
    const memory = resizable(2 * SIZE);
    return [new Uint8Array(memory, SIZE, SIZE), () => memory.resize(SIZE)];
  },
  'in WebAssembly memory that grew': () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    return [new Uint8Array(memory.buffer, 0, SIZE), () => memory.grow(1)];
  },
};

describe.each(Object.keys(TAKEN_AWAY))('an array %s after it was used', (name) => {
  test('is refused as a source', () => {
    const [array, takeAway] = TAKEN_AWAY[name]();
    const ring = new RingBuffer(8);
    const perCPU = new PerCPUBuffer();
    for (let i = 0; i < 3; i++) {
      ring.put(filled(array, i));
      perCPU.write(array);
    }
    takeAway();
    expect(thrownBy(() => ring.put(array)).code).toBe('ERR_INVALID_ARGUMENT');
    expect(thrownBy(() => perCPU.write(array)).code).toBe('ERR_INVALID_ARGUMENT');
    expect(ring.getBatch(Infinity).map(recordNumber)).toEqual([0, 1, 2]);
    expect(perCPU.read().map(recordNumber)).toEqual([0, 1, 2]);
  });

  test('is refused as a target, and the record stays', () => {
    const [array, takeAway] = TAKEN_AWAY[name]();
    const ring = new RingBuffer(8);
    for (let i = 0; i < 4; i++) ring.put(record(i));
    for (let i = 0; i < 3; i++) {
      expect(ring.tryGetInto(array)).toBe(record(i).length);
      expect(recordNumber(array.subarray(0, record(i).length))).toBe(i);
    }
    takeAway();
    expect(thrownBy(() => ring.tryGetInto(array)).code).toBe('ERR_INVALID_ARGUMENT');
    expect(recordNumber(ring.get())).toBe(3);
  });
});

test('an array that follows the length of its buffer is put and filled as long as it is at that moment', () => {
  const memory = resizable(SIZE);
  const array = new Uint8Array(memory);
  const ring = new RingBuffer(8);
  for (const size of [SIZE, 2 * SIZE, 2 * SIZE, 8, SIZE]) {
    memory.resize(size);
    ring.put(array);
    expect(ring.get()).toHaveLength(size);
    ring.put(array);
    expect(ring.tryGetInto(array)).toBe(size);
  }
});

test('an array that becomes longer than a slot is refused', () => {
  const memory = resizable(SIZE);
  const array = new Uint8Array(memory);
  const ring = new RingBuffer(8, { slotSize: SIZE });
  ring.put(array);
  ring.put(array);
  memory.resize(2 * SIZE);
  expect(thrownBy(() => ring.put(array)).code).toBe('ERR_EVENT_TOO_LARGE');
  expect(ring.size).toBe(2);
});

test('two instances that are given one array in turn do not mix up what they remember', () => {
  const [a, b] = [new RingBuffer(8), new RingBuffer(8)];
  const [one, other] = [new Uint8Array(SIZE), new Uint8Array(SIZE)];
  for (let i = 0; i < 6; i++) {
    (i % 2 === 0 ? a : b).put(filled(one, i));
    (i % 2 === 0 ? b : a).put(filled(other, 100 + i));
  }
  expect(a.getBatch(9).map(recordNumber)).toEqual([0, 101, 2, 103, 4, 105]);
  expect(b.getBatch(9).map(recordNumber)).toEqual([100, 1, 102, 3, 104, 5]);
});

test('an instance that has let go refuses the array it knows', () => {
  const maker = new RingBuffer(8);
  const ring = RingBuffer.attach(maker.handle);
  const array = record(1);
  for (let i = 0; i < 2; i++) {
    ring.put(array);
    ring.tryGetInto(array);
  }
  ring[Symbol.dispose]();
  expect(thrownBy(() => ring.put(array)).code).toBe('ERR_BUFFER_CLOSED');
  expect(thrownBy(() => ring.tryGetInto(array)).code).toBe('ERR_BUFFER_CLOSED');
});
