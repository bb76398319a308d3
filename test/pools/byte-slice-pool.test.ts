import v8 from 'node:v8';
import vm from 'node:vm';
import { markAsUntransferable } from 'node:worker_threads';
import { ByteSlicePool } from '@tapio/performance';
import { BAD_COUNTS, badCountError, thrownBy } from './bad-counts';
import { turn } from '../support/waits';

/** Detaches memory as another thread or `ArrayBuffer.prototype.transfer` would, marked untransferable or not. */
function detach(buffer: ArrayBufferLike): void {
  v8.setFlagsFromString('--allow-natives-syntax');
  vm.runInNewContext('(buffer) => %ArrayBufferDetach(buffer)')(buffer);
  v8.setFlagsFromString('--no-allow-natives-syntax');
}

/** Whether what is marked untransferable can be detached all the same: not from Node 24 on. */
const canDetachBlocks = ((): boolean => {
  const block = new ArrayBuffer(8);
  markAsUntransferable(block);
  try {
    detach(block);
  } catch {
    v8.setFlagsFromString('--no-allow-natives-syntax');
  }
  return block.byteLength === 0;
})();

/** Where blocks cannot be detached it says so, and holds Node to it. */
function detachTest(name: string, run: () => void): void {
  if (canDetachBlocks) return test(name, run);
  test(`${name} (skipped)`, () => {
    console.log(`skipped: Node ${process.version} detaches no block`);
    const slice = new ByteSlicePool().get(4096);
    expect(() => detach(slice.buffer)).toThrow(/DetachKey/);
    expect(slice).toHaveLength(4096);
  });
}

/** Apart, so that no reference to the slice stays on the stack of the test. */
function borrow(pool: ByteSlicePool): ArrayBufferLike {
  const slice = pool.get(4096);
  pool.put(slice);
  return slice.buffer;
}

/** Waits for the collector; the time limit of the test ends a wait in vain. */
async function collected(reference: WeakRef<object>): Promise<void> {
  v8.setFlagsFromString('--expose-gc');
  const gc = vm.runInNewContext('gc') as () => void;
  while (reference.deref() !== undefined) {
    await turn();
    gc();
  }
}

const CLASS_SIZES = [64, 512, 4096, 65536];

function statsOf(pool: ByteSlicePool, size: number) {
  const { allocated, inUse, idle } = pool.getStats().classes.find((one) => one.size === size)!;
  return { allocated, inUse, idle };
}

describe('ByteSlicePool', () => {
  test.each([
    [1, 64],
    [63, 64],
    [64, 64],
    [65, 512],
    [512, 512],
    [513, 4096],
    [4096, 4096],
    [4097, 65536],
    [65536, 65536],
  ])('get(%i) has exactly that many bytes, of class %i', (size, classSize) => {
    const pool = new ByteSlicePool();
    const slice = pool.get(size);
    expect(slice).toBeInstanceOf(Uint8Array);
    expect(Buffer.isBuffer(slice)).toBe(false);
    expect(Object.getPrototypeOf(slice)).toBe(Uint8Array.prototype);
    expect(Reflect.ownKeys(slice)).toHaveLength(size);
    expect(slice).toHaveLength(size);
    expect(slice.byteOffset % 64).toBe(0);
    expect(slice.buffer.byteLength).toBeGreaterThanOrEqual(8 * classSize);
    expect(statsOf(pool, classSize)).toEqual({ allocated: 1, inUse: 1, idle: 0 });
    pool.put(slice);
    expect(pool.getStats()).toEqual({
      allocated: 1,
      recycled: 1,
      inUse: 0,
      idle: 1,
      classes: CLASS_SIZES.map((one) => ({
        size: one,
        allocated: one === classSize ? 1 : 0,
        inUse: 0,
        idle: one === classSize ? 1 : 0,
      })),
    });
  });

  test('slices do not overlap and are not of the shared pool of Buffer', () => {
    const pool = new ByteSlicePool();
    const slices = CLASS_SIZES.flatMap((size) => Array.from({ length: 300 }, () => pool.get(size)));
    const shared = Buffer.from('x').buffer;
    slices.forEach((slice, index) => {
      expect(slice.buffer).not.toBe(shared);
      slice.fill(index % 251);
    });
    slices.forEach((slice, index) => expect(slice.every((byte) => byte === index % 251)).toBe(true));
  });

  test('reuse gives the same view, for the last four sizes of a slice', () => {
    const pool = new ByteSlicePool();
    const sizes = [4096, 600, 700, 4000];
    const views = sizes.map((size) => {
      const view = pool.get(size);
      pool.put(view);
      return view;
    });
    expect(new Set(views.map((view) => view.byteOffset)).size).toBe(1);
    for (const index of [0, 1, 2, 3, 1, 3, 0, 2]) {
      const view = pool.get(sizes[index]);
      expect(view).toBe(views[index]);
      expect(view).toHaveLength(sizes[index]);
      pool.put(view);
    }
    expect(statsOf(pool, 4096)).toEqual({ allocated: 1, inUse: 0, idle: 1 });
    for (let size = 1000; size < 1100; size++) pool.put(pool.get(size));
    expect(pool.getStats()).toMatchObject({ allocated: 1, recycled: 112, inUse: 0, idle: 1 });
  });

  test.each([0, 1, 64, 4096, 65536, 65537])(
    'double put giving two owners: size %i is refused, twice',
    (size) => {
      const pool = new ByteSlicePool();
      const slice = pool.get(size);
      pool.put(slice);
      const before = pool.getStats();
      for (let i = 0; i < 2; i++) {
        const error = thrownBy(() => pool.put(slice));
        expect(error.code).toBe('ERR_POOL_DOUBLE_PUT');
        expect(error.message).toContain(`${size} bytes`);
        expect(pool.getStats()).toEqual(before);
      }
      expect(pool.get(size)).not.toBe(pool.get(size));
    },
  );

  test('an old view of a slice that has a new owner is a double put', () => {
    const pool = new ByteSlicePool();
    const old = pool.get(100);
    pool.put(old);
    const current = pool.get(200);
    expect(current.byteOffset).toBe(old.byteOffset);
    expect(thrownBy(() => pool.put(old)).code).toBe('ERR_POOL_DOUBLE_PUT');
    expect(pool.getStats()).toMatchObject({ recycled: 1, inUse: 1, idle: 0 });
    pool.put(current);
    expect(pool.getStats()).toMatchObject({ recycled: 2, inUse: 0, idle: 1 });
  });

  test('an old view of the very size its slice has now is a double put too', () => {
    const pool = new ByteSlicePool();
    const old = pool.get(100);
    pool.put(old);
    // More sizes than a slice keeps views for.
    for (let size = 200; size < 210; size++) pool.put(pool.get(size));
    const current = pool.get(100);
    expect(current).not.toBe(old);
    expect(current.byteOffset).toBe(old.byteOffset);
    expect(thrownBy(() => pool.put(old)).code).toBe('ERR_POOL_DOUBLE_PUT');
    expect(pool.getStats()).toMatchObject({ allocated: 1, recycled: 11, inUse: 1, idle: 0 });
  });

  test('a slice that was let go is a double put too', () => {
    const pool = new ByteSlicePool({ maxIdleBytes: 0 });
    const slice = pool.get(64);
    pool.put(slice);
    pool.get(64);
    expect(thrownBy(() => pool.put(slice)).code).toBe('ERR_POOL_DOUBLE_PUT');
    expect(pool.getStats()).toMatchObject({ allocated: 2, recycled: 1, inUse: 1, idle: 0 });
  });

  test('everything this pool did not return is foreign', () => {
    const pool = new ByteSlicePool();
    const slice = pool.get(100);
    const foreign: unknown[] = [
      slice.subarray(0),
      slice.subarray(1, 50),
      slice.slice(),
      new Uint8Array(slice.buffer, slice.byteOffset, slice.length),
      Buffer.from(slice.buffer, slice.byteOffset, slice.length),
      structuredClone(slice),
      new Proxy(slice, {}),
      Object.create(slice),
      new ByteSlicePool().get(100),
      new ByteSlicePool().get(0),
      new Uint8Array(100),
      new DataView(slice.buffer),
      slice.buffer,
      [],
      {},
      () => slice,
      null,
      undefined,
      100,
      'text',
    ];
    const before = pool.getStats();
    for (const value of foreign) {
      const error = thrownBy(() => pool.put(value as Uint8Array));
      expect(error.code).toBe('ERR_INVALID_ARGUMENT');
      expect(pool.getStats()).toEqual(before);
    }
    expect(thrownBy(() => pool.put(new Uint8Array(100))).message).toContain('a foreign array of 100 bytes');
    pool.put(slice);
  });

  test.each(BAD_COUNTS)(
    'negative or fractional counts: get(%p), prewarm and maxIdleBytes change nothing',
    (bad, shown) => {
      const pool = new ByteSlicePool();
      pool.prewarm(64, 2);
      const before = pool.getStats();
      const value = bad as number;
      expect(thrownBy(() => pool.get(value))).toEqual(badCountError('size', shown));
      expect(thrownBy(() => pool.prewarm(value, 1))).toEqual(badCountError('size', shown));
      expect(thrownBy(() => pool.prewarm(64, value))).toEqual(badCountError('count', shown));
      expect(pool.getStats()).toEqual(before);
      const make = () => new ByteSlicePool({ maxIdleBytes: value });
      expect(thrownBy(make)).toEqual(badCountError('maxIdleBytes', shown));
    },
  );

  test('a size nobody can allocate is refused, and nothing is counted', () => {
    const pool = new ByteSlicePool();
    const before = pool.getStats();
    for (const size of [2 ** 40, Number.MAX_SAFE_INTEGER]) {
      const error = thrownBy(() => pool.get(size));
      expect(error.code).toBe('ERR_INVALID_ARGUMENT');
      expect(error.message).toContain(String(size));
    }
    expect(pool.getStats()).toEqual(before);
  });

  test('bad options', () => {
    for (const options of [null, 7, { zero: 1 }, { zero: null }]) {
      expect(thrownBy(() => new ByteSlicePool(options as any)).code).toBe('ERR_INVALID_ARGUMENT');
    }
  });

  test.each([0, 65537, 1_000_000])('size %i is served plainly: counted, never idle', (size) => {
    const pool = new ByteSlicePool();
    const slice = pool.get(size);
    expect(slice).toHaveLength(size);
    expect(slice.buffer.byteLength).toBe(size);
    expect(pool.getStats()).toMatchObject({ allocated: 1, recycled: 0, inUse: 1, idle: 0 });
    pool.put(slice);
    expect(pool.getStats()).toMatchObject({ allocated: 1, recycled: 1, inUse: 0, idle: 0 });
    expect(pool.getStats().classes.every((one) => one.allocated === 0)).toBe(true);
    pool.prewarm(size, 10);
    expect(pool.getStats()).toMatchObject({ allocated: 1, idle: 0 });
  });

  test('-0 is 0', () => {
    const pool = new ByteSlicePool({ maxIdleBytes: -0 });
    const slice = pool.get(-0);
    expect(slice).toHaveLength(0);
    pool.put(slice);
    pool.prewarm(64, -0);
    expect(pool.getStats()).toMatchObject({ allocated: 1, recycled: 1, inUse: 0, idle: 0 });
  });

  test('zero clears all bytes on get, for the same size, other sizes and slots cut anew', () => {
    const pool = new ByteSlicePool({ zero: true, maxIdleBytes: 512 });
    const first = [pool.get(512), pool.get(512), pool.get(512)];
    for (const slice of first) slice.fill(0xaa);
    for (const slice of first) pool.put(slice);
    for (const size of [100, 512, 300, 512]) {
      expect(pool.get(size).every((byte) => byte === 0)).toBe(true);
    }
    const plain = new ByteSlicePool();
    const dirty = plain.get(512).fill(0xaa);
    plain.put(dirty);
    expect(plain.get(512).every((byte) => byte === 0xaa)).toBe(true);
  });

  test('idle slices beyond maxIdleBytes in total are let go, whatever their class', () => {
    const pool = new ByteSlicePool({ maxIdleBytes: 2 * 4096 + 64 });
    const big = [pool.get(4096), pool.get(3000), pool.get(4096)];
    const small = [pool.get(64), pool.get(1)];
    for (const slice of [...big, ...small]) pool.put(slice);
    expect(statsOf(pool, 4096)).toEqual({ allocated: 3, inUse: 0, idle: 2 });
    expect(statsOf(pool, 64)).toEqual({ allocated: 2, inUse: 0, idle: 1 });
    expect(pool.getStats()).toMatchObject({ allocated: 5, recycled: 5, inUse: 0, idle: 3 });
    const again = [pool.get(4096), pool.get(4096), pool.get(4096)];
    expect(pool.getStats()).toMatchObject({ allocated: 6, inUse: 3, idle: 1 });
    expect(new Set(again.map((slice) => `${slice.byteOffset}`)).size).toBe(3);
  });

  test('after a peak the idle slices lie together, and the memory between them is used before any new block', () => {
    const slots = 64;
    const blocks = 40;
    const idle = 256;
    const pool = new ByteSlicePool({ maxIdleBytes: idle * 4096 });
    const peak = Array.from({ length: slots * blocks }, () => pool.get(4096));
    // One of each block in turn: kept in the order of their put, idle slices would hold every block.
    for (let slot = 0; slot < slots; slot++) {
      for (let block = 0; block < blocks; block++) pool.put(peak[block * slots + slot]);
    }
    expect(statsOf(pool, 4096)).toEqual({ allocated: slots * blocks, inUse: 0, idle });
    const buffersOf = (count: number) => new Set(Array.from({ length: count }, () => pool.get(4096).buffer));
    const held = buffersOf(idle);
    expect(held.size).toBeLessThanOrEqual(blocks / 4);
    const between = buffersOf(held.size * slots - idle);
    expect([...between].every((buffer) => held.has(buffer))).toBe(true);
    expect(held.has(pool.get(4096).buffer)).toBe(false);
  });

  test('a block without slices is freed', async () => {
    const pool = new ByteSlicePool({ maxIdleBytes: 0 });
    const block = new WeakRef(borrow(pool));
    expect(pool.getStats()).toMatchObject({ allocated: 1, inUse: 0, idle: 0 });
    await collected(block);
    expect(block.deref()).toBeUndefined();
  });

  test('prewarm cuts what is missing, of that size, as far as maxIdleBytes allows', () => {
    const pool = new ByteSlicePool({ maxIdleBytes: 10 * 512 });
    pool.prewarm(300, 4);
    pool.prewarm(512, 3);
    expect(statsOf(pool, 512)).toEqual({ allocated: 4, inUse: 0, idle: 4 });
    expect(pool.get(300)).toHaveLength(300);
    pool.prewarm(300, Number.MAX_SAFE_INTEGER);
    expect(statsOf(pool, 512)).toEqual({ allocated: 11, inUse: 1, idle: 10 });
    pool.prewarm(64, 1);
    expect(statsOf(pool, 64)).toEqual({ allocated: 0, inUse: 0, idle: 0 });
    expect(pool.getStats().recycled).toBe(0);
  });

  describe('memory that is taken away', () => {
    test('transferring a slice leaves it and its neighbours whole', () => {
      const pool = new ByteSlicePool();
      const [slice, neighbour] = [pool.get(64).fill(1), pool.get(64).fill(2)];
      try {
        structuredClone(slice, { transfer: [slice.buffer as ArrayBuffer] });
      } catch (error) {
        // Newer releases of Node refuse, older ones copy.
        expect((error as Error).name).toBe('DataCloneError');
      }
      expect(slice).toHaveLength(64);
      expect(neighbour[63]).toBe(2);
      pool.put(slice);
      pool.put(neighbour);
    });

    test('a transferred plain slice is refused and stays in use', () => {
      const pool = new ByteSlicePool();
      const slice = pool.get(100_000);
      structuredClone(slice, { transfer: [slice.buffer as ArrayBuffer] });
      expect(slice).toHaveLength(0);
      for (let i = 0; i < 2; i++) {
        const error = thrownBy(() => pool.put(slice));
        expect(error.code).toBe('ERR_INVALID_ARGUMENT');
        expect(error.message).toContain('100000');
        expect(pool.getStats()).toMatchObject({ allocated: 1, recycled: 0, inUse: 1, idle: 0 });
      }
    });

    detachTest(
      'slices of a detached block are refused; idle ones and vacant slots of it are never handed out',
      () => {
        const pool = new ByteSlicePool({ maxIdleBytes: 3 * 4096 });
        const taken = pool.get(4096);
        const others = [1, 2, 3, 4].map(() => pool.get(4096));
        for (const other of others) pool.put(other);
        expect(statsOf(pool, 4096)).toEqual({ allocated: 5, inUse: 1, idle: 3 });
        detach(taken.buffer);
        expect(thrownBy(() => pool.put(taken)).code).toBe('ERR_INVALID_ARGUMENT');
        expect(statsOf(pool, 4096)).toEqual({ allocated: 5, inUse: 1, idle: 0 });
        const fresh = pool.get(4096);
        expect(fresh).toHaveLength(4096);
        pool.put(fresh);
        expect(statsOf(pool, 4096)).toEqual({ allocated: 6, inUse: 1, idle: 1 });
        expect(pool.get(4096)).toBe(fresh);
      },
    );

    detachTest('no slice is cut from a detached block', () => {
      const pool = new ByteSlicePool();
      detach(pool.get(4096).buffer);
      expect(pool.get(4096)).toHaveLength(4096);
      expect(statsOf(pool, 4096)).toEqual({ allocated: 2, inUse: 2, idle: 0 });
    });

    detachTest('get after the detach of idle memory cuts anew, and idle bytes are counted right', () => {
      const pool = new ByteSlicePool({ maxIdleBytes: 2 * 512 });
      pool.prewarm(512, 2);
      const first = pool.get(512);
      pool.put(first);
      detach(first.buffer);
      const slices = [pool.get(512), pool.get(100)];
      expect(slices.map((slice) => slice.length)).toEqual([512, 100]);
      expect(statsOf(pool, 512)).toEqual({ allocated: 4, inUse: 2, idle: 0 });
      for (const slice of slices) pool.put(slice);
      expect(statsOf(pool, 512)).toEqual({ allocated: 4, inUse: 0, idle: 2 });
    });
  });
});
