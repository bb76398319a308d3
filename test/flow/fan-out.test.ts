/** FanOut: who gets an event, waiting for room, and that nothing is lost however a run ends. */
import { getEventListeners } from 'node:events';
import {
  createEvent,
  EventBuffer,
  FanOut,
  PerCPUEventBuffer,
  PriorityBuffer,
  type UnifiedEvent,
} from '@tapio/performance';
import { randomness, seed } from '../event/seed';
import { closedError, rejectionOf, thrownBy } from '../support/errors';
import { numbered, numberOf, range } from '../support/events';
import { isPending, turn } from '../support/waits';

const buffers = (count: number, capacity: number): EventBuffer[] =>
  range(0, count).map(() => new EventBuffer(capacity, { slotSize: 256 }));
const numbersIn = (buffer: EventBuffer): number[] => buffer.getBatch(Infinity).map(numberOf);
const sorted = (numbers: number[]): number[] => [...numbers].sort((a, b) => a - b);
const filled = (count: number, capacity = 1024): EventBuffer => {
  const input = new EventBuffer(capacity);
  input.putBatch(range(0, count).map(numbered));
  return input;
};

describe('tryPut', () => {
  test('round-robin gives to one after the other, past full ones; false when all are full, counted once', () => {
    const outputs = [new EventBuffer(1), new EventBuffer(4), new EventBuffer(2)];
    const fan = new FanOut(outputs);
    expect(range(0, 8).map((n) => fan.tryPut(numbered(n)))).toEqual([...Array<boolean>(7).fill(true), false]);
    expect(outputs.map((output) => output.getStats().rejected).reduce((a, b) => a + b)).toBe(1);
    expect(outputs.map(numbersIn)).toEqual([[0], [1, 3, 5, 6], [2, 4]]);
  });

  test('round-robin passes over closed outputs, and throws once all are closed', () => {
    const outputs = buffers(3, 8);
    const fan = new FanOut(outputs, 'round-robin');
    outputs[1].close();
    range(0, 4).forEach((n) => expect(fan.tryPut(numbered(n))).toBe(true));
    expect(outputs.map(numbersIn)).toEqual([[0, 2], [], [1, 3]]);
    outputs.forEach((output) => output.close());
    expect(thrownBy(() => fan.tryPut(numbered(9))).code).toBe('ERR_BUFFER_CLOSED');
  });

  test('broadcast offers to each, and is true if all took it', () => {
    const outputs = [new EventBuffer(2), new EventBuffer(1), new EventBuffer(2)];
    const fan = new FanOut(outputs, 'broadcast');
    expect(range(0, 3).map((n) => fan.tryPut(numbered(n)))).toEqual([true, false, false]);
    expect(outputs.map((output) => output.getStats().rejected)).toEqual([1, 2, 1]);
    expect(outputs.map(numbersIn)).toEqual([[0, 1], [0], [0, 1]]);
  });

  test('broadcast with a closed output offers to the others, then throws', () => {
    const outputs = buffers(3, 2);
    outputs[0].close();
    const fan = new FanOut(outputs, 'broadcast');
    expect(thrownBy(() => fan.tryPut(numbered(1))).code).toBe('ERR_BUFFER_CLOSED');
    expect(outputs.map(numbersIn)).toEqual([[], [1], [1]]);
  });

  test('by key: the output of that index, modulo their number', () => {
    const outputs = buffers(3, 8);
    const fan = new FanOut(outputs, ({ timestamp }) => Number(timestamp) - 4);
    range(0, 9).forEach((n) => expect(fan.tryPut(numbered(n))).toBe(true));
    expect(outputs.map(numbersIn)).toEqual([
      [1, 4, 7],
      [2, 5, 8],
      [0, 3, 6],
    ]);
    const full = new FanOut([new EventBuffer(1), new EventBuffer(8)], () => 0);
    expect([full.tryPut(numbered(1)), full.tryPut(numbered(2))]).toEqual([true, false]);
  });

  test.each([NaN, 0.5, Infinity, '1', undefined, 1n])('a function that returns %p', (value) => {
    const { code, message } = thrownBy(() =>
      new FanOut(buffers(2, 2), () => value as number).tryPut(numbered(1)),
    );
    expect(code).toBe('ERR_INVALID_ARGUMENT');
    expect(message).toContain('safe integer');
  });

  test('a bad event is refused before any output has it', () => {
    for (const policy of ['round-robin', 'broadcast', () => 1] as const) {
      const outputs = buffers(2, 2);
      const fan = new FanOut(outputs, policy);
      expect(thrownBy(() => fan.tryPut({ ...numbered(1), type: 7 } as never)).code).toBe('ERR_INVALID_EVENT');
      expect(outputs.map(numbersIn)).toEqual([[], []]);
    }
  });
});

const POLICIES = {
  'round-robin': 'round-robin',
  broadcast: 'broadcast',
  'by key': ({ timestamp }: UnifiedEvent) => Number(timestamp),
} as const;

describe.each(Object.entries(POLICIES))('run, %s', (name, policy) => {
  /** What all outputs together must have got. */
  const expected = (count: number, outputs: number): number[] =>
    sorted(range(0, name === 'broadcast' ? outputs : 1).flatMap(() => range(0, count)));

  test('moves everything, waiting for room, in order, then closes the outputs', async () => {
    const outputs = buffers(3, 4);
    const input = filled(500);
    input.close();
    const got: number[][] = outputs.map(() => []);
    const consumers = outputs.map(async (output, i) => {
      for await (const event of output) {
        got[i].push(numberOf(event));
        if (numberOf(event) % 7 === i) await turn();
      }
    });
    await new FanOut(outputs, policy).run(input);
    expect(outputs.map((output) => output.getStats().closed)).toEqual([true, true, true]);
    await Promise.all(consumers);
    expect(sorted(got.flat())).toEqual(expected(500, 3));
    for (const numbers of got) {
      expect(numbers).toEqual(sorted(numbers));
      expect(numbers.length).toBeGreaterThan(0);
    }
    // Waiting is no refusal.
    expect(outputs.map((output) => output.getStats().rejected)).toEqual([0, 0, 0]);
  });

  test(`aborted at random moments and run again: nothing is lost, nothing comes twice, seed ${seed}`, async () => {
    const random = randomness(seed);
    const outputs = buffers(3, 2);
    const input = filled(300);
    const fan = new FanOut(outputs, policy);
    const got: number[][] = outputs.map(() => []);
    const take = (i: number): void =>
      void got[i].push(...outputs[i].getBatch(1 + Math.floor(random() * 2)).map(numberOf));
    let aborts = 0;
    input.close();
    for (let ended = false; !ended;) {
      const abort = new AbortController();
      const run = fan.run(input, { signal: abort.signal });
      const end = run.then(
        () => true,
        (error) => {
          expect(error).toBe(abort.signal.reason);
          return false;
        },
      );
      for (let i = 0; i < random() * 12; i++) {
        take(Math.floor(random() * 3));
        if (random() < 0.7) await turn();
      }
      abort.abort({ n: aborts });
      ended = await end;
      if (!ended) aborts++;
      expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
    }
    for (let i = 0; i < 3; i++) got[i].push(...numbersIn(outputs[i]));
    expect(aborts).toBeGreaterThan(3);
    expect(sorted(got.flat())).toEqual(expected(300, 3));
    for (const numbers of got) expect(numbers).toEqual(sorted(numbers));
  });

  test('aborted before: takes nothing', async () => {
    const input = filled(3);
    const reason = { why: 'before' };
    expect(
      await rejectionOf(new FanOut(buffers(2, 8), policy).run(input, { signal: AbortSignal.abort(reason) })),
    ).toBe(reason);
    expect(numbersIn(input)).toEqual([0, 1, 2]);
  });

  test('aborted while it waits for input, and after its end', async () => {
    const input = new EventBuffer(8);
    const outputs = buffers(2, 8);
    const fan = new FanOut(outputs, policy);
    const abort = new AbortController();
    const run = fan.run(input, { signal: abort.signal });
    expect(await isPending(run)).toBe(true);
    abort.abort();
    expect(await rejectionOf(run)).toMatchObject({ name: 'AbortError' });
    const again = new AbortController();
    const second = fan.run(input, { signal: again.signal });
    input.put(numbered(1));
    input.close();
    await second;
    again.abort();
    expect(sorted(outputs.flatMap(numbersIn))).toEqual(expected(2, 2).filter((n) => n === 1));
  });
});

test('round-robin that waits gives an event to whoever has room first, and to one only', async () => {
  const outputs = buffers(3, 1);
  const input = filled(5);
  input.close();
  const run = new FanOut(outputs).run(input);
  expect(await isPending(run)).toBe(true);
  expect(numberOf(outputs[1].get())).toBe(1);
  await turn();
  expect(numberOf(await outputs[1].getAsync())).toBe(3);
  expect(numberOf(await outputs[1].getAsync())).toBe(4);
  await run;
  expect(outputs.map(numbersIn)).toEqual([[0], [], [2]]);
});

test('an output that is closed while a broadcast waits ends the run; the rest goes back, the owed event is owed', async () => {
  const outputs = [new EventBuffer(4), new EventBuffer(1), new EventBuffer(1)];
  const input = filled(4);
  const fan = new FanOut(outputs, 'broadcast');
  const run = fan.run(input);
  expect(await isPending(run)).toBe(true);
  outputs[2].close();
  expect(await rejectionOf(run)).toEqual(closedError());
  expect(numbersIn(input)).toEqual([2, 3]);
  expect(outputs.map(numbersIn)).toEqual([[0, 1], [0], [0]]);
});

test('what the function throws ends the run, and the event goes back', async () => {
  const input = filled(4);
  const outputs = buffers(2, 8);
  const run = new FanOut(outputs, ({ timestamp }) => {
    if (timestamp === 2n) throw new Error('no key');
    return 0;
  }).run(input);
  expect((await rejectionOf(run)).message).toBe('no key');
  expect(numbersIn(input)).toEqual([2, 3]);
  expect(numbersIn(outputs[0])).toEqual([0, 1]);
});

test('lets timers run while there is always something to move', async () => {
  const input = filled(1024);
  const [output] = buffers(1, 1024);
  const abort = new AbortController();
  const run = new FanOut([output], (event) => {
    // Never empty: each event that leaves comes again.
    input.tryPut(event);
    output.clear();
    return 0;
  }).run(input, { signal: abort.signal });
  setTimeout(() => abort.abort('time'), 20);
  expect(await rejectionOf(run)).toBe('time');
});

test('other event buffers will do', async () => {
  const input = new PriorityBuffer({});
  input.put(numbered(1));
  input.put(createEvent({ ...numbered(2), severity: 'critical' }));
  input.close();
  const outputs = [new PerCPUEventBuffer(), new PriorityBuffer({})] as const;
  await new FanOut(outputs, 'broadcast').run(input);
  expect(outputs[0].get().map(numberOf)).toEqual([2, 1]);
  expect(outputs[1].getBatch(9).map(numberOf)).toEqual([2, 1]);
});

test('bad input', async () => {
  const [buffer] = buffers(1, 2);
  for (const [outputs, policy] of [
    [undefined, undefined],
    [[], undefined],
    [[{}], undefined],
    [[buffer, null], undefined],
    [[buffer, buffer], undefined],
    [[buffer], 'random'],
    [[buffer], 7],
    [[buffer], null],
  ]) {
    expect(thrownBy(() => new FanOut(outputs as never, policy as never)).code).toBe('ERR_INVALID_ARGUMENT');
  }
  const fan = new FanOut([buffer]);
  const input = filled(1);
  for (const [given, options] of [
    [undefined, undefined],
    [{}, undefined],
    [buffer, undefined],
    [input, 7],
    [input, { signal: {} }],
  ]) {
    expect((await rejectionOf(fan.run(given as never, options as never))).code).toBe('ERR_INVALID_ARGUMENT');
  }
  const run = fan.run(input);
  expect((await rejectionOf(fan.run(filled(1)))).code).toBe('ERR_INVALID_ARGUMENT');
  input.close();
  await run;
  expect(numbersIn(buffer)).toEqual([0]);
});
