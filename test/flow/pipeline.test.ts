/** Pipeline: stages in order, back-pressure, errors that name their stage, and that nothing is lost however a run ends. */
import { getEventListeners } from 'node:events';
import { EventBuffer, Pipeline, PriorityBuffer, TapioError, type UnifiedEvent } from '@tapio/performance';
import { randomness, seed } from '../event/seed';
import { rejectionOf, thrownBy } from '../support/errors';
import { numbered, numberOf, range } from '../support/events';
import { internalsOf } from '../support/internals';
import { isPending, turn, turns } from '../support/waits';

const filled = (count: number): EventBuffer => {
  const input = new EventBuffer(1024, { slotSize: 128 });
  input.putBatch(range(0, count).map(numbered));
  return input;
};
const closed = (count: number): EventBuffer => {
  const input = filled(count);
  input.close();
  return input;
};
const same = (batch: UnifiedEvent[]): UnifiedEvent[] => batch;
const numbersIn = (buffer: EventBuffer): number[] => buffer.getBatch(Infinity).map(numberOf);
const sorted = (numbers: number[]): number[] => [...numbers].sort((a, b) => a - b);

test('events go through all stages into the sink, in order', async () => {
  const got: UnifiedEvent[] = [];
  const pipeline = Pipeline.from(closed(1000))
    .stage('odd', (batch) => batch.filter(({ timestamp }) => timestamp % 2n === 1n))
    .stage('slow', async (batch) => {
      await turn();
      return batch;
    })
    .stage('twice', (batch) => batch.flatMap((event) => [event, { ...event, type: 'again' }]), {
      capacity: 2,
    })
    .to((batch) => void got.push(...batch));
  await pipeline.run();
  expect(got.map(({ id, type }) => `${id} ${type}`)).toEqual(
    range(0, 500).flatMap((n) => [`${2 * n + 1} test`, `${2 * n + 1} again`]),
  );
  expect(pipeline.getStats()).toMatchObject({
    odd: { puts: 500, gets: 500, size: 0, capacity: 1024, closed: true, isEmpty: true },
    slow: { puts: 500, gets: 500 },
    twice: { puts: 1000, gets: 1000, capacity: 2, highWatermark: 2, rejected: 0, discarded: 0 },
  });
});

test('without stages, and from another kind of event buffer', async () => {
  const input = new PriorityBuffer({});
  input.putBatch([numbered(1), { ...numbered(2), severity: 'critical' }]);
  input.close();
  const got: number[] = [];
  await Pipeline.from(input)
    .to((batch) => void got.push(...batch.map(numberOf)))
    .run();
  expect(got).toEqual([2, 1]);
});

test('events are processed as they come, and the run ends when the input is closed', async () => {
  const input = new EventBuffer(8);
  const got: number[] = [];
  const run = Pipeline.from(input)
    .stage('same', same)
    .to((batch) => void got.push(...batch.map(numberOf)))
    .run();
  for (let n = 0; n < 20; n++) {
    await input.putAsync(numbered(n));
    while (!got.includes(n)) await turn();
  }
  expect(await isPending(run)).toBe(true);
  input.close();
  await run;
  expect(got).toEqual(range(0, 20));
});

test('a slow sink holds back the stages, and they the input', async () => {
  let release: (() => void) | undefined;
  const input = filled(1000);
  const pipeline = Pipeline.from(input)
    .stage('a', same, { capacity: 16, maxCount: 8 })
    .stage('b', same, { capacity: 4, maxCount: 2 })
    .to(() => new Promise<void>((resolve) => (release = resolve)));
  const run = pipeline.run();
  expect(await isPending(run)).toBe(true);
  for (const { size, capacity, isFull, fillRate } of Object.values(pipeline.getStats()))
    expect({ isFull, fillRate, over: size > capacity }).toEqual({ isFull: true, fillRate: 1, over: false });
  // Both queues, and of each step what it has in hand.
  expect(1000 - input.size).toBeLessThanOrEqual(16 + 4 + 8 + 2 + 4);
  input.close();
  const end = setInterval(() => release?.(), 1);
  await run;
  clearInterval(end);
  expect(pipeline.getStats()).toMatchObject({
    a: { gets: 1000, highWatermark: 16 },
    b: { gets: 1000, highWatermark: 4 },
  });
});

test('concurrency: so many calls at a time, no more', async () => {
  let calls = 0;
  let most = 0;
  const got: number[] = [];
  let goOn!: () => void;
  const asMany = new Promise<void>((resolve) => (goOn = resolve));
  await Pipeline.from(closed(200))
    .stage(
      'parallel',
      async (batch) => {
        most = Math.max(most, ++calls);
        // All wait for the last, and then a while for one too many.
        if (calls === 12) void turns(20).then(goOn);
        await asMany;
        await turns(Number(batch[0].timestamp) % 5);
        calls--;
        return batch;
      },
      { concurrency: 12, maxCount: 3, capacity: 8 },
    )
    .to((batch) => void got.push(...batch.map(numberOf)))
    .run();
  expect(most).toBe(12);
  expect(sorted(got)).toEqual(range(0, 200));
});

describe('a function that fails', () => {
  test.each([
    ['throws', new Error('boom'), 'stage "parse": boom'],
    ['throws no Error', 'boom', 'stage "parse": "boom"'],
  ])('%s: the error names the stage and has the cause', async (_how, cause, message) => {
    const run = Pipeline.from(closed(3))
      .stage('first', same)
      .stage('parse', async () => {
        throw cause;
      })
      .to(() => undefined)
      .run();
    const error = (await rejectionOf(run)) as TapioError;
    expect(error).toBeInstanceOf(TapioError);
    expect(error).toMatchObject({ code: 'ERR_STAGE_FAILED', stage: 'parse', message });
    expect(error.cause).toBe(cause);
  });

  test('in the sink', async () => {
    const run = Pipeline.from(closed(3))
      .to(() => {
        throw new Error('disk full');
      })
      .run();
    expect(await rejectionOf(run)).toMatchObject({ stage: 'sink', message: 'stage "sink": disk full' });
  });

  test.each([undefined, 'x', {}, [numbered(1), undefined]])('returns %p', async (value) => {
    const run = Pipeline.from(closed(3))
      .stage('bad', () => value as never)
      .to(() => undefined)
      .run();
    const error = await rejectionOf(run);
    expect(error).toMatchObject({
      code: 'ERR_STAGE_FAILED',
      stage: 'bad',
      cause: { code: 'ERR_INVALID_ARGUMENT' },
    });
  });

  test('loses nothing: its batch is handed out again by the next run', async () => {
    const got: number[] = [];
    let failures = 0;
    const seen = new Map<number, number>();
    const pipeline = Pipeline.from(closed(100))
      .stage(
        'unlucky',
        (batch) => {
          for (const event of batch) {
            const n = numberOf(event);
            seen.set(n, (seen.get(n) ?? 0) + 1);
            // The array is the function's: what it does to it changes nothing for the next.
            if (n % 30 === 7 && seen.get(n) === 1) {
              batch.length = 0;
              throw new Error(String(n));
            }
          }
          return batch;
        },
        { maxCount: 10, capacity: 4 },
      )
      .to((batch) => void got.push(...batch.map(numberOf)));
    for (let ended = false; !ended;) {
      ended = await pipeline.run().then(
        () => true,
        (error) => {
          expect(error.stage).toBe('unlucky');
          failures++;
          return false;
        },
      );
    }
    expect(failures).toBe(4);
    expect(got).toEqual(range(0, 100));
  });
});

describe('abort', () => {
  test('before: takes nothing', async () => {
    const input = filled(3);
    const reason = { why: 'before' };
    const run = Pipeline.from(input)
      .to(() => undefined)
      .run({ signal: AbortSignal.abort(reason) });
    expect(await rejectionOf(run)).toBe(reason);
    expect(numbersIn(input)).toEqual([0, 1, 2]);
  });

  test('while it waits for input, and after the end', async () => {
    const input = new EventBuffer(8);
    const pipeline = Pipeline.from(input).to(() => undefined);
    const abort = new AbortController();
    const run = pipeline.run({ signal: abort.signal });
    expect(await isPending(run)).toBe(true);
    abort.abort('enough');
    expect(await rejectionOf(run)).toBe('enough');
    const again = new AbortController();
    input.close();
    await pipeline.run({ signal: again.signal });
    again.abort();
    expect(getEventListeners(again.signal, 'abort')).toHaveLength(0);
  });

  test('waits for calls under way, which see the signal', async () => {
    let ended = 0;
    const abort = new AbortController();
    const run = Pipeline.from(filled(9))
      .stage(
        'long',
        (batch, { signal }) =>
          new Promise((resolve) =>
            signal.addEventListener('abort', () => setTimeout(() => resolve((ended++, batch)), 5), {
              once: true,
            }),
          ),
        { concurrency: 3, maxCount: 3 },
      )
      .to(() => undefined)
      .run({ signal: abort.signal });
    expect(await isPending(run)).toBe(true);
    abort.abort('enough');
    expect(await rejectionOf(run)).toBe('enough');
    expect(ended).toBe(3);
  });

  test('a function that ends by the abort does not hide its reason', async () => {
    const abort = new AbortController();
    const input = filled(9);
    const run = Pipeline.from(input)
      .stage(
        'long',
        (_batch, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', reject)),
      )
      .to(() => undefined)
      .run({ signal: abort.signal });
    expect(await isPending(run)).toBe(true);
    abort.abort('enough');
    expect(await rejectionOf(run)).toBe('enough');
    expect(numbersIn(input)).toEqual(range(0, 9));
  });

  test.each([1, 4])(
    `at random moments, with concurrency %i: every event comes to the sink once, seed ${seed}`,
    async (concurrency) => {
      const random = randomness(seed);
      const input = closed(1000);
      const got: number[] = [];
      const pause = async (): Promise<void> => {
        while (random() < 0.4) await turn();
      };
      const slowly = async (batch: UnifiedEvent[]): Promise<UnifiedEvent[]> => {
        await pause();
        return batch;
      };
      const pipeline = Pipeline.from(input)
        .stage('a', slowly, { concurrency, capacity: 8, maxCount: 5 })
        .stage('b', slowly, { concurrency, capacity: 2, maxCount: 20 })
        .to(async (batch) => {
          await pause();
          got.push(...batch.map(numberOf));
        });
      let aborts = 0;
      for (let ended = false; !ended;) {
        const abort = new AbortController();
        const end = pipeline.run({ signal: abort.signal }).then(
          () => true,
          () => false,
        );
        for (let i = 0; i < random() * 20; i++) await turn();
        abort.abort();
        ended = await end;
        if (!ended) aborts++;
        // At rest everything is somewhere: with the sink, in a queue, or with the input.
        const { a, b } = pipeline.getStats();
        const back = input.getBatch(Infinity);
        expect(got.length + a.size + b.size + back.length).toBe(1000);
        internalsOf(input).giveBack(back);
      }
      expect(aborts).toBeGreaterThan(3);
      if (concurrency === 1) expect(got).toEqual(range(0, 1000));
      else expect(sorted(got)).toEqual(range(0, 1000));
    },
  );
});

test('lets timers run while there is always something to do', async () => {
  const input = filled(1000);
  const abort = new AbortController();
  const run = Pipeline.from(input)
    .to((batch) => void input.putBatch(batch))
    .run({ signal: abort.signal });
  setTimeout(() => abort.abort('time'), 20);
  expect(await rejectionOf(run)).toBe('time');
});

describe('bad input', () => {
  const pipeline = (): Pipeline => Pipeline.from(filled(1));

  test.each<[string, () => unknown, string]>([
    ['no buffer', () => Pipeline.from({} as never), 'an object'],
    ['an empty name', () => pipeline().stage('', same), '""'],
    ['no name', () => pipeline().stage(7 as never, same), '7'],
    ['a name twice', () => pipeline().stage('a', same).stage('a', same), '"a"'],
    ['no function', () => pipeline().stage('a', 7 as never), '7'],
    ['no options', () => pipeline().stage('a', same, 7 as never), '7'],
    ['concurrency 0', () => pipeline().stage('a', same, { concurrency: 0 }), '0'],
    ['concurrency 1.5', () => pipeline().stage('a', same, { concurrency: 1.5 }), '1.5'],
    ['maxCount 0', () => pipeline().stage('a', same, { maxCount: 0 }), '0'],
    ['no sink', () => pipeline().to(undefined as never), 'undefined'],
    [
      'a second sink',
      () =>
        pipeline()
          .to(same as never)
          .to(same as never),
      'sink',
    ],
    [
      'a stage behind the sink',
      () =>
        pipeline()
          .to(same as never)
          .stage('a', same),
      'stage',
    ],
  ])('%s', (_what, call, shown) => {
    const { code, message } = thrownBy(call);
    expect(code).toBe('ERR_INVALID_ARGUMENT');
    expect(message).toContain(shown);
  });

  test.each([0, 3, -1, 1.5, NaN, '8', null])('a capacity of %p', (capacity) => {
    expect(thrownBy(() => pipeline().stage('a', same, { capacity: capacity as number })).code).toBe(
      'ERR_INVALID_CAPACITY',
    );
  });

  test('run without a sink, with bad options, or twice at a time', async () => {
    expect((await rejectionOf(pipeline().run())).code).toBe('ERR_INVALID_ARGUMENT');
    const input = filled(1);
    const whole = Pipeline.from(input).to(() => undefined);
    expect((await rejectionOf(whole.run(7 as never))).code).toBe('ERR_INVALID_ARGUMENT');
    expect((await rejectionOf(whole.run({ signal: {} as never }))).code).toBe('ERR_INVALID_ARGUMENT');
    const run = whole.run();
    expect((await rejectionOf(whole.run())).code).toBe('ERR_INVALID_ARGUMENT');
    input.close();
    await run;
  });
});
