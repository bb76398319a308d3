/** 'Life and closing' of every buffer class: close, dispose, handles, instances that have let go. */
import { type BufferHandle, RingBuffer } from '@tapio/performance';
import { closedError, codeOf, rejectionOf, thrownBy } from '../support/errors';
import { stayOnOneCPU } from '../support/one-cpu';
import { KINDS, type Subject } from '../support/subjects';

stayOnOneCPU();

const allCalls = (subject: Subject): Record<string, () => unknown> => ({
  ...subject.puts(1),
  ...subject.arrays(),
  ...subject.others(),
});

const dispose = (subject: Subject): void => subject.buffer[Symbol.dispose]();

describe.each(KINDS)('$name', ({ name, make, attach }) => {
  const withBoth = (): [Subject, Subject] => {
    const maker = make(16);
    return [maker, attach(maker.buffer.handle)];
  };

  test('an attached instance sees the same buffer', () => {
    const [maker, other] = withBoth();
    maker.put(1);
    other.put(2);
    expect(other.counts()).toEqual(maker.counts());
    expect(other.take()).toBe(1);
    expect(maker.take()).toBe(2);
    expect(other.counts()).toMatchObject({ puts: 2, gets: 2, size: 0 });
    expect(other.buffer.handle).toEqual(maker.buffer.handle);
  });

  test('a handle is a token that can be cloned and names its class and its buffer', () => {
    const [maker] = withBoth();
    const handle = maker.buffer.handle;
    expect(handle).toEqual({ kind: name, id: expect.any(BigInt) });
    expect(structuredClone(handle)).toEqual(handle);
    attach(structuredClone(handle)).put(5);
    expect(maker.take()).toBe(5);
    expect(make(16).buffer.handle.id).not.toBe(handle.id);
  });

  test('after close every put is refused, by every instance', async () => {
    for (const closer of [0, 1]) {
      const both = withBoth();
      both[0].put(1);
      both[closer].buffer.close();
      for (const subject of both) {
        for (const [call, put] of Object.entries(subject.puts(2))) {
          expect([call, await codeOf(put)]).toEqual([call, 'ERR_BUFFER_CLOSED']);
        }
      }
      expect(both[0].counts()).toMatchObject({ puts: 1, size: 1, rejected: 0 });
    }
  });

  test('after close what waits can still be taken, by each way of taking', () => {
    for (const call of Object.keys(make(16).arrays())) {
      if (call.endsWith('of none')) continue;
      const [maker, other] = withBoth();
      maker.put(1);
      maker.put(2);
      maker.buffer.close();
      const out = [...other.arrays()[call](), ...other.arrays()[call]()];
      expect([call, out]).toEqual([call, [1, 2]]);
      expect([call, other.arrays()[call]()]).toEqual([call, []]);
    }
  });

  test('closed and drained: ready rejects, waitSync is false, arrays are empty, iteration ends', async () => {
    const [maker, other] = withBoth();
    maker.put(1);
    maker.buffer.close();
    await other.buffer.ready();
    expect(other.buffer.waitSync()).toBe(true);
    expect(maker.take()).toBe(1);
    for (const subject of [maker, other]) {
      expect(await rejectionOf(subject.buffer.ready())).toEqual(closedError());
      expect(subject.buffer.waitSync()).toBe(false);
      expect(subject.take()).toBeUndefined();
      for (const [call, take] of Object.entries(subject.arrays())) expect([call, take()]).toEqual([call, []]);
      const { buffer } = subject;
      if ('batches' in buffer) {
        for await (const event of buffer) throw new Error(`got ${event.id}`);
        for await (const batch of buffer.batches()) throw new Error(`got ${batch.length}`);
        for await (const batch of buffer.batches({ maxWaitMs: 10 })) throw new Error(`got ${batch.length}`);
        expect(await rejectionOf(buffer.getAsync())).toEqual(closedError());
      }
      if ('tryGet' in buffer) {
        expect(buffer.tryGet()).toBeUndefined();
        expect(thrownBy(() => buffer.get())).toEqual(closedError());
      }
    }
  });

  test('clear on a closed buffer drains it', async () => {
    const [maker, other] = withBoth();
    maker.put(1);
    maker.buffer.close();
    other.clear();
    expect(await rejectionOf(maker.buffer.ready())).toEqual(closedError());
    expect(maker.counts()).toMatchObject({ size: 0, discarded: 1 });
  });

  test('close is idempotent', () => {
    const [maker, other] = withBoth();
    maker.buffer.close();
    maker.buffer.close();
    other.buffer.close();
    dispose(maker);
    dispose(maker);
    maker.buffer.close();
    expect(maker.counts()).toMatchObject({ size: 0 });
  });

  test('dispose on the maker closes the buffer, and what waits stays', () => {
    const [maker, other] = withBoth();
    maker.put(1);
    maker.put(2);
    dispose(maker);
    expect(thrownBy(() => other.put(2))).toEqual(closedError());
    expect(other.take()).toBe(1);
    expect(maker.take()).toBe(2);
  });

  test('dispose on an attached instance only lets go', () => {
    const [maker, other] = withBoth();
    other.put(1);
    dispose(other);
    dispose(other);
    maker.put(2);
    expect([maker.take(), maker.take()]).toEqual([1, 2]);
    expect(maker.counts()).toMatchObject({ puts: 2, gets: 2, size: 0 });
  });

  test('an instance that has let go answers every call with ERR_BUFFER_CLOSED', async () => {
    const [maker, other] = withBoth();
    maker.put(1);
    dispose(other);
    const answers: Record<string, string> = {};
    for (const [call, run] of Object.entries(allCalls(other))) answers[call] = await codeOf(run);
    const expected = Object.fromEntries(Object.keys(answers).map((call) => [call, 'ERR_BUFFER_CLOSED']));
    expect(answers).toEqual(expected);
    expect(maker.take()).toBe(1);
  });

  test('waits that are under way end when their instance lets go', async () => {
    const [maker, other] = withBoth();
    const ready = rejectionOf(other.buffer.ready());
    const mine = maker.buffer.ready();
    dispose(other);
    expect(await ready).toEqual(closedError());
    maker.put(1);
    await mine;
  });

  test('close ends the waits of every instance', async () => {
    const [maker, other] = withBoth();
    const waits = [maker, other].map((subject) => rejectionOf(subject.buffer.ready()));
    other.buffer.close();
    expect(await Promise.all(waits)).toEqual([closedError(), closedError()]);
  });

  test('the handle of another class, and what is no handle, are refused', () => {
    const foreign = KINDS.find((kind) => kind.name !== name)!.make(16).buffer;
    const { id } = make(16).buffer.handle;
    const bad: [unknown, string][] = [
      [undefined, 'undefined'],
      [null, 'null'],
      [7, '7'],
      ['x', '"x"'],
      [{}, 'undefined'],
      [{ kind: name }, 'undefined'],
      [{ kind: name, id: 7 }, '7'],
      [{ kind: name, id: 7n }, '7n'],
      [{ kind: name, id: -1n }, '-1n'],
      [{ kind: name, id: 2n ** 64n + id }, `${2n ** 64n + id}n`],
      [{ kind: name, id: id + 1_000_000n }, `${id + 1_000_000n}n`],
      [{ kind: name, id: foreign.handle.id }, `${foreign.handle.id}n`],
      [foreign.handle, foreign.handle.kind],
    ];
    for (const [handle, shown] of bad) {
      const error = thrownBy(() => attach(handle as BufferHandle));
      expect([shown, error.code]).toEqual([shown, 'ERR_INVALID_ARGUMENT']);
      expect(error.message).toContain(shown);
    }
  });

  test('methods called on what is no instance are refused by a TypeError', async () => {
    const { buffer } = make(16);
    const prototype = Object.getPrototypeOf(buffer);
    for (const method of ['close', 'ready', 'waitSync']) {
      for (const wrong of [{}, null, 7, new (class Other {})()]) {
        const call = (): unknown => prototype[method].call(wrong);
        if (method === 'ready') {
          // An async method gives its error by the promise.
          await expect(async () => call()).rejects.toThrow(TypeError);
        } else {
          expect(call).toThrow(TypeError);
        }
      }
    }
  });
});

test('ids are never reused', () => {
  const ids = new Set<bigint>();
  for (let i = 0; i < 1000; i++) {
    const buffer = new RingBuffer(2);
    ids.add(buffer.handle.id);
    buffer.close();
  }
  expect(ids.size).toBe(1000);
});
