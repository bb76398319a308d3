import { ObjectPool, TapioError } from '@tapio/performance';
import { BAD_COUNTS, badCountError, thrownBy } from './bad-counts';

interface Box {
  value: number;
}

function boxPool(options: { maxIdle?: number; debug?: boolean } = {}) {
  return new ObjectPool<Box>({
    create: () => ({ value: 0 }),
    reset: (box) => void (box.value = 0),
    ...options,
  });
}

describe('ObjectPool', () => {
  test('creates when empty, hands out the object put last, blanked', () => {
    const pool = boxPool();
    const first = pool.get();
    const second = pool.get();
    expect(second).not.toBe(first);
    first.value = 7;
    second.value = 8;
    pool.put(first);
    pool.put(second);
    expect(first).toEqual({ value: 0 });
    expect(pool.get()).toBe(second);
    expect(pool.get()).toBe(first);
    expect(pool.getStats()).toEqual({ allocated: 2, recycled: 2, inUse: 2, idle: 0 });
  });

  test('works without reset, and with functions as objects', () => {
    const pool = new ObjectPool<() => void>({ create: () => () => undefined });
    const taken = pool.get();
    pool.put(taken);
    expect(pool.get()).toBe(taken);
  });

  test('lets go what is put beyond maxIdle', () => {
    const pool = boxPool({ maxIdle: 2 });
    const boxes = [pool.get(), pool.get(), pool.get()];
    for (const box of boxes) pool.put(box);
    expect(pool.getStats()).toEqual({ allocated: 3, recycled: 3, inUse: 0, idle: 2 });
    expect([pool.get(), pool.get()]).toEqual([{ value: 0 }, { value: 0 }]);
    expect(pool.get()).not.toBe(boxes[2]);
    expect(pool.getStats().allocated).toBe(4);
  });

  test('keeps nothing with maxIdle 0, and 1024 by default', () => {
    const none = boxPool({ maxIdle: 0 });
    none.put(none.get());
    none.prewarm(5);
    expect(none.getStats()).toEqual({ allocated: 1, recycled: 1, inUse: 0, idle: 0 });
    const usual = boxPool();
    usual.prewarm(2000);
    expect(usual.getStats()).toEqual({ allocated: 1024, recycled: 0, inUse: 0, idle: 1024 });
  });

  test('prewarm creates what is missing to the count', () => {
    const pool = boxPool({ maxIdle: 10 });
    pool.prewarm(4);
    pool.prewarm(3);
    expect(pool.getStats()).toEqual({ allocated: 4, recycled: 0, inUse: 0, idle: 4 });
    pool.prewarm(-0);
    pool.prewarm(Number.MAX_SAFE_INTEGER);
    expect(pool.getStats()).toEqual({ allocated: 10, recycled: 0, inUse: 0, idle: 10 });
    pool.get();
    expect(pool.getStats()).toEqual({ allocated: 10, recycled: 0, inUse: 1, idle: 9 });
  });

  test.each([false, true])('a create that throws loses and counts nothing (debug: %s)', (debug) => {
    let failing = false;
    const pool = new ObjectPool({
      create: () => {
        if (failing) throw new Error('no more');
        return {};
      },
      debug,
    });
    pool.prewarm(1);
    const before = pool.getStats();
    failing = true;
    expect(() => pool.prewarm(3)).toThrow('no more');
    expect(pool.getStats()).toEqual(before);
    pool.get();
    expect(() => pool.get()).toThrow('no more');
    expect(pool.getStats()).toEqual({ allocated: 1, recycled: 0, inUse: 1, idle: 0 });
  });

  test('a prewarm that fails halfway keeps what it made', () => {
    let left = 2;
    const pool = new ObjectPool({
      create: () => {
        if (left-- === 0) throw new Error('no more');
        return {};
      },
    });
    expect(() => pool.prewarm(5)).toThrow('no more');
    expect(pool.getStats()).toEqual({ allocated: 2, recycled: 0, inUse: 0, idle: 2 });
  });

  test.each([false, true])('a reset that throws leaves the object with the caller (debug: %s)', (debug) => {
    let failing = true;
    const pool = new ObjectPool<Box>({
      create: () => ({ value: 0 }),
      reset: () => {
        if (failing) throw new Error('stuck');
      },
      debug,
    });
    const box = pool.get();
    expect(() => pool.put(box)).toThrow('stuck');
    expect(pool.getStats()).toEqual({ allocated: 1, recycled: 0, inUse: 1, idle: 0 });
    failing = false;
    pool.put(box);
    expect(pool.getStats()).toEqual({ allocated: 1, recycled: 1, inUse: 0, idle: 1 });
  });

  test.each([false, true])('reset and create may use the pool (debug: %s)', (debug) => {
    let nest = true;
    let inner: object | undefined;
    const pool: ObjectPool<object> = new ObjectPool<object>({
      create: () => {
        if (nest) {
          nest = false;
          inner = pool.get();
        }
        return {};
      },
      reset: () => {
        if (inner === undefined) return;
        const first = inner;
        inner = undefined;
        pool.put(first);
        inner = pool.get();
      },
      debug,
    });
    const outer = pool.get();
    const before = inner;
    expect(outer).not.toBe(before);
    expect(pool.getStats()).toEqual({ allocated: 2, recycled: 0, inUse: 2, idle: 0 });
    pool.put(outer);
    expect(inner).toBe(before);
    expect(pool.getStats()).toEqual({ allocated: 2, recycled: 2, inUse: 1, idle: 1 });
    expect(pool.get()).toBe(outer);
  });

  test('a create that takes from the pool does not make prewarm endless', () => {
    const taken: object[] = [];
    const pool: ObjectPool<object> = new ObjectPool<object>({
      create: () => {
        if (pool.getStats().idle > 0) taken.push(pool.get());
        return {};
      },
    });
    pool.prewarm(5);
    expect(pool.getStats()).toEqual({ allocated: 5, recycled: 0, inUse: 4, idle: 1 });
    expect(new Set(taken).size).toBe(4);
  });

  test('stats never go negative, whatever is put', () => {
    const pool = boxPool({ maxIdle: 3 });
    for (let i = 0; i < 5; i++) pool.put({ value: i });
    expect(pool.getStats()).toEqual({ allocated: 0, recycled: 5, inUse: 0, idle: 3 });
    pool.get();
    expect(pool.getStats().inUse).toBe(1);
  });

  describe('bad arguments', () => {
    test.each(BAD_COUNTS)('negative or fractional counts: prewarm(%p) changes nothing', (bad, shown) => {
      const pool = boxPool();
      pool.put(pool.get());
      const before = pool.getStats();
      expect(thrownBy(() => pool.prewarm(bad as number))).toEqual(badCountError('count', shown));
      expect(pool.getStats()).toEqual(before);
    });

    test.each(BAD_COUNTS)('negative or fractional counts: maxIdle %p', (bad, shown) => {
      expect(thrownBy(() => boxPool({ maxIdle: bad as number }))).toEqual(badCountError('maxIdle', shown));
    });

    test.each([
      [undefined, 'create must be a function, not undefined'],
      [null, 'options must be an object, not null'],
      [7, 'options must be an object, not 7'],
      [{}, 'create must be a function, not undefined'],
      [{ create: {} }, 'create must be a function, not an object'],
      [{ create: Object, reset: 1 }, 'reset must be a function, not 1'],
      [{ create: Object, debug: 'yes' }, 'debug must be true or false, not "yes"'],
    ])('options %p', (options, message) => {
      const error = thrownBy(() => new ObjectPool(options as any));
      expect(error).toBeInstanceOf(TapioError);
      expect(error).toMatchObject({ code: 'ERR_INVALID_ARGUMENT', message });
    });

    test.each([[undefined], [null], [7], ['text'], [1n]])('put(%p)', (value) => {
      const pool = boxPool();
      pool.get();
      expect(thrownBy(() => pool.put(value as any)).code).toBe('ERR_INVALID_ARGUMENT');
      expect(pool.getStats()).toEqual({ allocated: 1, recycled: 0, inUse: 1, idle: 0 });
    });

    test('a create that returns no object', () => {
      const pool = new ObjectPool<any>({ create: () => 7 });
      expect(thrownBy(() => pool.get())).toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
        message: 'what create returns must be an object, not 7',
      });
      expect(thrownBy(() => pool.prewarm(1)).code).toBe('ERR_INVALID_ARGUMENT');
      expect(pool.getStats()).toEqual({ allocated: 0, recycled: 0, inUse: 0, idle: 0 });
    });
  });

  describe('debug', () => {
    test('double put giving two owners: refused, with the place where it was taken', () => {
      const pool = boxPool({ debug: true });
      function takeHere() {
        return pool.get();
      }
      const box = takeHere();
      pool.put(box);
      const before = pool.getStats();
      const error = thrownBy(() => pool.put(box));
      expect(error.code).toBe('ERR_POOL_DOUBLE_PUT');
      expect(error.message).toContain('takeHere');
      expect(pool.getStats()).toEqual(before);
      expect(pool.get()).toBe(box);
      expect(pool.get()).not.toBe(box);
    });

    test('double put of an object that was let go, and of one that was only prewarmed', () => {
      const pool = boxPool({ debug: true, maxIdle: 0 });
      const box = pool.get();
      pool.put(box);
      expect(thrownBy(() => pool.put(box)).code).toBe('ERR_POOL_DOUBLE_PUT');
      expect(pool.getStats()).toEqual({ allocated: 1, recycled: 1, inUse: 0, idle: 0 });

      const made: object[] = [];
      const warm = new ObjectPool<object>({
        create: () => (made.push({}), made[made.length - 1]),
        debug: true,
      });
      warm.prewarm(1);
      expect(thrownBy(() => warm.put(made[0])).code).toBe('ERR_POOL_DOUBLE_PUT');
    });

    test('a put from inside its own reset is a double put', () => {
      let again = true;
      const pool: ObjectPool<object> = new ObjectPool<object>({
        create: () => ({}),
        reset: (object) => {
          if (!again) return;
          again = false;
          pool.put(object);
        },
        debug: true,
      });
      const object = pool.get();
      expect(thrownBy(() => pool.put(object)).code).toBe('ERR_POOL_DOUBLE_PUT');
      expect(pool.getStats()).toEqual({ allocated: 1, recycled: 1, inUse: 0, idle: 1 });
    });

    test('foreign objects are refused', () => {
      const pool = boxPool({ debug: true });
      const other = boxPool({ debug: true });
      const mine = pool.get();
      for (const foreign of [{ value: 1 }, other.get(), new Proxy(mine, {}), Object.create(mine) as Box]) {
        expect(thrownBy(() => pool.put(foreign)).code).toBe('ERR_INVALID_ARGUMENT');
      }
      expect(pool.getStats()).toEqual({ allocated: 1, recycled: 0, inUse: 1, idle: 0 });
    });

    test('a create that returns the same object twice', () => {
      const single = {};
      const pool = new ObjectPool({ create: () => single, debug: true });
      pool.get();
      expect(thrownBy(() => pool.get()).code).toBe('ERR_INVALID_ARGUMENT');
      expect(pool.getStats()).toEqual({ allocated: 1, recycled: 0, inUse: 1, idle: 0 });
    });

    test('outstanding lists where each object in use was taken', () => {
      const pool = boxPool({ debug: true });
      function takeFirst() {
        return pool.get();
      }
      function takeSecond() {
        return pool.get();
      }
      const first = takeFirst();
      const second = takeSecond();
      const stacks = pool.outstanding();
      expect(stacks).toHaveLength(2);
      expect(stacks[0]).toMatch(/^\s+at takeFirst .*object-pool\.test/);
      expect(stacks[1]).toMatch(/^\s+at takeSecond .*object-pool\.test/);
      pool.put(first);
      expect(pool.outstanding()).toEqual([stacks[1]]);
      pool.put(second);
      expect(pool.outstanding()).toEqual([]);
    });

    test('without debug nothing is listed', () => {
      const pool = boxPool();
      pool.get();
      expect(pool.outstanding()).toEqual([]);
    });
  });
});
