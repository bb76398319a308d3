/** What every buffer class promises: capacity, order, counts, batches. */
import { thrownBy } from '../support/errors';
import { range } from '../support/events';
import { stayOnOneCPU } from '../support/one-cpu';
import { KINDS } from '../support/subjects';
import { turn } from '../support/waits';

stayOnOneCPU();

describe.each(KINDS)('$name', ({ make, fifo }) => {
  test.each([2, 4, 64, 256])('takes exactly %i records, then refuses, and counts each', (capacity) => {
    const subject = make(capacity);
    for (let n = 0; n < capacity; n++) {
      expect(subject.counts().size).toBe(n);
      expect(subject.tryPut(n)).toBe(true);
    }
    expect(subject.tryPut(999)).toBe(false);
    expect(thrownBy(() => subject.put(999))).toMatchObject({ name: 'TapioError', code: 'ERR_BUFFER_FULL' });
    expect(subject.counts()).toMatchObject({
      capacity,
      size: capacity,
      puts: capacity,
      gets: 0,
      rejected: 2,
      discarded: 0,
    });
    expect(subject.takeUpTo(capacity + 1)).toEqual(range(0, capacity));
    expect(subject.counts()).toMatchObject({
      size: 0,
      puts: capacity,
      gets: capacity,
      rejected: 2,
      discarded: 0,
    });
    expect(subject.take()).toBeUndefined();
  });

  test('comes back to exactly its capacity after any number of rounds', () => {
    const subject = make(8);
    let next = 0;
    for (let round = 0; round < 200; round++) {
      const first = next;
      while (subject.tryPut(next)) next++;
      expect(next - first).toBe(8);
      expect(subject.takeUpTo(100)).toEqual(range(first, next));
    }
    expect(subject.counts()).toMatchObject({ size: 0, puts: 1600, gets: 1600, rejected: 200, discarded: 0 });
  });

  test('gives out each record once, and in order where it promises one', () => {
    const subject = make(64);
    const out: number[] = [];
    let next = 0;
    for (let round = 0; round < 300; round++) {
      for (let i = 0; i < round % 23; i++) if (subject.tryPut(next)) next++;
      if (round % 3 === 0) out.push(...subject.takeUpTo(round % 17));
      for (let i = 0; i < round % 5; i++) {
        const taken = subject.take();
        if (taken !== undefined) out.push(taken);
      }
    }
    out.push(...subject.takeUpTo(1000));
    expect(fifo ? out : [...out].sort((a, b) => a - b)).toEqual(range(0, next));
    const { puts, gets, size } = subject.counts();
    expect({ puts, gets, size }).toEqual({ puts: next, gets: next, size: 0 });
  });

  test('a batch takes at most what it is asked for', () => {
    const subject = make(256);
    range(0, 200).forEach((n) => subject.put(n));
    expect(subject.takeUpTo(0)).toEqual([]);
    expect(subject.takeUpTo(1)).toEqual([0]);
    expect(subject.takeUpTo(100)).toHaveLength(100);
    expect(subject.takeUpTo(64)).toHaveLength(64);
    expect(subject.takeUpTo(100)).toHaveLength(35);
    expect(subject.takeUpTo(100)).toEqual([]);
    expect(subject.counts()).toMatchObject({ size: 0, gets: 200 });
  });

  test('clear removes what waits, counts it as discarded, and leaves room', () => {
    const subject = make(16);
    for (let round = 1; round <= 3; round++) {
      while (subject.tryPut(round));
      subject.clear();
      expect(subject.counts()).toMatchObject({
        size: 0,
        puts: 16 * round,
        gets: 0,
        discarded: 16 * round,
        rejected: round,
      });
      expect(subject.take()).toBeUndefined();
    }
    subject.put(7);
    expect(subject.take()).toBe(7);
    subject.clear();
    expect(subject.counts()).toMatchObject({ size: 0, puts: 49, gets: 1, discarded: 48 });
  });

  test('every way of taking delivers the same record', () => {
    const subject = make(16);
    for (const [name, take] of Object.entries(subject.arrays())) {
      if (name.endsWith('of none')) continue;
      subject.put(41);
      expect([name, take()]).toEqual([name, [41]]);
      expect([name, take()]).toEqual([name, []]);
    }
  });

  test('every way of putting stores the record', async () => {
    const subject = make(16);
    for (const [name, put] of Object.entries(subject.puts(17))) {
      const expected = name.endsWith('of none') ? [] : [17];
      await put();
      expect([name, subject.takeUpTo(2)]).toEqual([name, expected]);
    }
  });

  test('ready and waitSync tell when there is something', async () => {
    const subject = make(16);
    expect(subject.buffer.waitSync(0)).toBe(false);
    expect(subject.buffer.waitSync(5)).toBe(false);
    let settled = false;
    const ready = subject.buffer.ready().then(() => {
      settled = true;
    });
    await turn();
    expect(settled).toBe(false);
    subject.put(1);
    await ready;
    expect(subject.buffer.waitSync()).toBe(true);
    expect(subject.buffer.waitSync(0)).toBe(true);
    await subject.buffer.ready();
    expect(subject.take()).toBe(1);
  });

  test('holds nothing of a record after the caller changes it, and gives out copies', () => {
    const subject = make(4);
    subject.put(1);
    subject.put(2);
    const [first] = subject.takeUpTo(1);
    subject.put(3);
    expect([first, subject.take(), subject.take()]).toEqual([1, 2, 3]);
  });
});
