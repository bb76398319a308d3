/** Node streams from and into buffers: events and lines, back-pressure, and that nothing is lost when one is destroyed. */
import { once } from 'node:events';
import { PassThrough, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  EventBuffer,
  eventFromJSON,
  eventToJSON,
  PerCPUEventBuffer,
  PriorityBuffer,
  type UnifiedEvent,
} from '@tapio/performance';
import { type BadLine, EventReadable, EventWritable } from '@tapio/performance/streams';
import { randomness, seed } from '../event/seed';
import { rejectionOf, thrownBy } from '../support/errors';
import { numbered, numberOf, range } from '../support/events';
import { isPending, turn, turns } from '../support/waits';

const filled = (count: number): EventBuffer => {
  const buffer = new EventBuffer(2048, { slotSize: 128 });
  buffer.putBatch(range(0, count).map(numbered));
  return buffer;
};
const closed = (count: number): EventBuffer => {
  const buffer = filled(count);
  buffer.close();
  return buffer;
};
const numbersIn = (buffer: EventBuffer): number[] => buffer.getBatch(Infinity).map(numberOf);
const line = (event: UnifiedEvent): string => `${eventToJSON(event)}\n`;
const numbersOf = (text: string): number[] =>
  text
    .split('\n')
    .filter((each) => each !== '')
    .map((each) => numberOf(eventFromJSON(each)));

describe('EventReadable', () => {
  test('of objects: every event in order, then the end', async () => {
    const got: number[] = [];
    for await (const event of new EventReadable(closed(1000), { objectMode: true }))
      got.push(numberOf(event));
    expect(got).toEqual(range(0, 1000));
  });

  test('of lines: bytes by default, text with an encoding', async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of new EventReadable(closed(300))) chunks.push(chunk);
    expect(chunks.every((chunk) => Buffer.isBuffer(chunk))).toBe(true);
    const text = range(0, 300)
      .map((n) => line(numbered(n)))
      .join('');
    expect(Buffer.concat(chunks).toString()).toBe(text);
    let read = '';
    for await (const chunk of new EventReadable(closed(300)).setEncoding('utf8')) read += chunk;
    expect(read).toBe(text);
  });

  test('sleeps while the buffer is empty, and goes on', async () => {
    const buffer = new EventBuffer(8);
    const got: number[] = [];
    const stream = new EventReadable(buffer, { objectMode: true }).on('data', (event) =>
      got.push(numberOf(event)),
    );
    for (let n = 0; n < 30; n++) {
      await buffer.putAsync(numbered(n));
      while (!got.includes(n)) await turn();
    }
    buffer.close();
    await once(stream, 'end');
    expect(got).toEqual(range(0, 30));
  });

  test('reads ahead no more than the high-water mark', async () => {
    const buffer = filled(100);
    const stream = new EventReadable(buffer, { objectMode: true, highWaterMark: 5 });
    stream.read(0);
    await turns(20);
    expect([stream.readableLength, buffer.size]).toEqual([5, 95]);
    const bytes = new EventReadable(buffer, { highWaterMark: 1 });
    bytes.read(0);
    await turns(20);
    expect(buffer.size).toBeGreaterThanOrEqual(95 - 16);
  });

  test.each(['before', 'while it waits', 'by a signal', 'with an error'])('destroyed %s', async (how) => {
    const buffer = new EventBuffer(8);
    const abort = new AbortController();
    const stream = new EventReadable(buffer, { objectMode: true, signal: abort.signal });
    if (how !== 'before') {
      stream.resume();
      await turn();
    }
    const ended = rejectionOf(once(stream, 'never'));
    const failure = new Error('enough');
    if (how === 'by a signal') abort.abort(failure);
    else stream.destroy(how === 'with an error' ? failure : undefined);
    if (how === 'by a signal') expect(await ended).toMatchObject({ name: 'AbortError', cause: failure });
    if (how === 'with an error') expect(await ended).toBe(failure);
    await new Promise((resolve) => (stream.closed ? resolve(0) : stream.once('close', resolve)));
    buffer.put(numbered(1));
    await turn();
    expect(numbersIn(buffer)).toEqual([1]);
  });

  test.each([
    ['objects', { objectMode: true }, undefined],
    ['bytes', {}, undefined],
    ['text', {}, 'utf8'],
    ['hex', {}, 'hex'],
  ] as const)(
    `%s: destroyed at random moments, nothing is lost or doubled, seed ${seed}`,
    async (_how, options, encoding) => {
      const random = randomness(seed);
      const buffer = closed(1000);
      const got: number[] = [];
      let text = '';
      let streams = 0;
      while (!buffer.isEmpty) {
        streams++;
        const highWaterMark = Math.floor(
          random() * (encoding === undefined && 'objectMode' in options ? 20 : 2000),
        );
        const stream = new EventReadable(buffer, { ...options, highWaterMark });
        if (encoding !== undefined) stream.setEncoding(encoding);
        const limit = random() * 30;
        let seen = 0;
        stream.on('data', (chunk) => {
          if (typeof chunk === 'string')
            text += encoding === 'hex' ? Buffer.from(chunk, 'hex').toString() : chunk;
          else if (Buffer.isBuffer(chunk)) text += chunk.toString();
          else got.push(numberOf(chunk));
          // Destroyed from inside a push, or later.
          if (++seen > limit) stream.destroy();
          else if (random() < 0.1) {
            stream.pause();
            setImmediate(() => (random() < 0.5 ? stream.destroy() : stream.resume()));
          }
        });
        await once(stream, 'close');
      }
      expect(streams).toBeGreaterThan(5);
      expect([...got, ...numbersOf(text)]).toEqual(range(0, 1000));
    },
  );

  test('a line of which a part was read is gone, and the next ones are not', async () => {
    const buffer = filled(3);
    const stream = new EventReadable(buffer);
    await once(stream, 'readable');
    expect(stream.read(5).toString()).toBe(line(numbered(0)).slice(0, 5));
    stream.destroy();
    expect(numbersIn(buffer)).toEqual([1, 2]);
  });

  test('leaving a loop loses nothing', async () => {
    const buffer = filled(100);
    const got: number[] = [];
    for await (const event of new EventReadable(buffer, { objectMode: true }))
      if (got.push(numberOf(event)) === 7) break;
    expect([...got, ...numbersIn(buffer)]).toEqual(range(0, 100));
  });

  test('an event that has no form in JSON destroys a stream of lines, and stays', async () => {
    const buffer = new EventBuffer(8);
    buffer.put(numbered(1));
    buffer.put({ ...numbered(2), confidence: NaN });
    buffer.put(numbered(3));
    const stream = new EventReadable(buffer);
    let text = '';
    stream.on('data', (chunk) => (text += chunk));
    const [error] = await once(stream, 'error');
    expect(error.code).toBe('ERR_INVALID_EVENT');
    expect([...numbersOf(text), ...numbersIn(buffer)]).toEqual([1, 2, 3]);
  });

  test('lets timers run while there is always an event', async () => {
    const buffer = filled(100);
    const stream = new EventReadable(buffer, { objectMode: true });
    stream.on('data', (event) => buffer.put(event));
    setTimeout(() => stream.destroy(), 20);
    await once(stream, 'close');
    expect(buffer.getBatch(Infinity)).toHaveLength(100);
  });
});

describe('EventWritable', () => {
  test('objects and lines, and with close the buffer is closed in the end', async () => {
    for (const objectMode of [true, false]) {
      const buffer = new EventBuffer(1024);
      const source = range(0, 500).map(numbered);
      const stream = new EventWritable(buffer, { objectMode, close: true });
      await pipeline(Readable.from(objectMode ? source : source.map(line), { objectMode }), stream);
      expect(numbersIn(buffer)).toEqual(range(0, 500));
      expect([stream.eventsStored, buffer.getStats().closed]).toEqual([500, true]);
    }
  });

  test('lines cut anywhere, blank ones, another end of line, no end in the end', async () => {
    const buffer = new EventBuffer(64);
    const bytes = Buffer.from(
      `${line({ ...numbered(0), message: 'Grüße €' })}\n\r\n${line(numbered(1)).trim()}\r\n${line(numbered(2)).trim()}`,
    );
    const stream = new EventWritable(buffer);
    for (const byte of bytes) stream.write(Buffer.of(byte));
    stream.end();
    await once(stream, 'finish');
    const events = buffer.getBatch(9);
    expect(events.map(numberOf)).toEqual([0, 1, 2]);
    expect(events[0].message).toBe('Grüße €');
    expect(buffer.getStats().closed).toBe(false);
  });

  test('a full buffer holds back who writes, and refuses nothing', async () => {
    const buffer = new EventBuffer(4);
    const stream = new EventWritable(buffer, { objectMode: true, highWaterMark: 3 });
    const answers = range(0, 10).map((n) => stream.write(numbered(n)));
    expect(answers.lastIndexOf(true)).toBeLessThan(3);
    while (stream.eventsStored < 4) await turn();
    await turn();
    expect([buffer.size, stream.eventsStored, stream.writableLength]).toEqual([4, 4, 6]);
    const drained = once(stream, 'drain');
    expect(await isPending(drained)).toBe(true);
    const got: number[] = [];
    while (got.length < 10) got.push(numberOf(await buffer.getAsync()));
    await drained;
    expect(got).toEqual(range(0, 10));
    expect(buffer.getStats().rejected).toBe(0);
  });

  test('destroyed while it waits for room: the callbacks say what is stored, and no more comes', async () => {
    for (const how of ['destroy', 'signal']) {
      const buffer = new EventBuffer(4);
      const abort = new AbortController();
      const stream = new EventWritable(buffer, { objectMode: true, signal: abort.signal });
      stream.on('error', () => undefined);
      const stored: number[] = [];
      const lost: number[] = [];
      for (let n = 0; n < 8; n++) stream.write(numbered(n), (error) => (error ? lost : stored).push(n));
      while (stored.length < 4) await turn();
      const end = new Promise((resolve) => stream.once('close', resolve));
      if (how === 'destroy') stream.destroy();
      else abort.abort();
      await end;
      await turn();
      expect([stored, lost]).toEqual([range(0, 4), range(4, 8)]);
      expect(stream.eventsStored).toBe(4);
      expect(numbersIn(buffer)).toEqual(range(0, 4));
      await turn();
      expect(buffer.isEmpty).toBe(true);
    }
  });

  test('a closed buffer destroys it', async () => {
    const buffer = new EventBuffer(1);
    const stream = new EventWritable(buffer, { objectMode: true });
    stream.write(numbered(1));
    stream.write(numbered(2));
    const failed = once(stream, 'error');
    await turn();
    buffer.close();
    expect((await failed)[0].code).toBe('ERR_BUFFER_CLOSED');
    expect(numbersIn(buffer)).toEqual([1]);
  });

  test.each([
    ['no JSON', '{"id":', 'ERR_CORRUPT_DATA'],
    ['no event', '[]', 'ERR_CORRUPT_DATA'],
    ['a long line', 'x'.repeat(2000), 'ERR_CORRUPT_DATA'],
    ['an event too large', line({ ...numbered(2), message: 'x'.repeat(900) }), 'ERR_EVENT_TOO_LARGE'],
  ])('a bad line: %s', async (_what, bad, code) => {
    const text = `${line(numbered(1))}\n${bad.trim()}\n${line(numbered(4))}`;
    const make = (onBadLine?: (line: BadLine) => void): { buffer: EventBuffer; stream: EventWritable } => {
      const buffer = new EventBuffer(64, { maxEventSize: 512 });
      return { buffer, stream: new EventWritable(buffer, { maxLineSize: 1500, onBadLine }) };
    };
    const strict = make();
    strict.stream.end(text);
    const [error] = await once(strict.stream, 'error');
    expect(error).toMatchObject({ code, message: expect.stringContaining('line 3') });
    expect(numbersIn(strict.buffer)).toEqual([1]);
    const told: BadLine[] = [];
    const lenient = make((each) => void told.push(each));
    lenient.stream.end(text);
    await once(lenient.stream, 'finish');
    expect(told).toEqual([{ number: 3, error: expect.objectContaining({ code }) }]);
    expect(numbersIn(lenient.buffer)).toEqual([1, 4]);
  });

  test('a bad event destroys a stream of objects', async () => {
    const buffer = new EventBuffer(8);
    const stream = new EventWritable(buffer, { objectMode: true });
    stream.write({ ...numbered(1), type: 7 });
    expect((await once(stream, 'error'))[0].code).toBe('ERR_INVALID_EVENT');
    expect(buffer.size).toBe(0);
  });
});

test.each([
  ['EventBuffer', () => new EventBuffer(16)],
  ['PerCPUEventBuffer', () => new PerCPUEventBuffer({ bufferSizePerCPU: 4096, overflowSize: 4096 })],
  ['PriorityBuffer', () => new PriorityBuffer({ low: 16 })],
] as const)('through a %s and a pipeline, as lines: nothing is lost', async (_name, make) => {
  const buffer = make();
  const sink = new PassThrough();
  let text = '';
  sink.on('data', (chunk) => (text += chunk));
  await Promise.all([
    pipeline(
      Readable.from(range(0, 2000).map(numbered)),
      new EventWritable(buffer, { objectMode: true, close: true }),
    ),
    pipeline(new EventReadable(buffer, { highWaterMark: 512 }), sink),
  ]);
  expect(numbersOf(text).sort((a, b) => a - b)).toEqual(range(0, 2000));
});

test('bad input', () => {
  const buffer = new EventBuffer(8);
  for (const [make, options] of [
    [EventReadable, 7],
    [EventReadable, { objectMode: 1 }],
    [EventReadable, { highWaterMark: -1 }],
    [EventReadable, { signal: {} }],
    [EventWritable, { objectMode: 'yes' }],
    [EventWritable, { highWaterMark: 1.5 }],
    [EventWritable, { close: 1 }],
    [EventWritable, { onBadLine: 1 }],
    [EventWritable, { maxLineSize: 0 }],
    [EventWritable, { signal: 1 }],
  ] as const) {
    expect(thrownBy(() => new make(buffer, options as never)).code).toBe('ERR_INVALID_ARGUMENT');
  }
  for (const make of [EventReadable, EventWritable])
    expect(thrownBy(() => new make({} as never)).code).toBe('ERR_INVALID_ARGUMENT');
  expect(new EventWritable(buffer)).toBeInstanceOf(Writable);
});

describe('made with a signal that is aborted already', () => {
  const reason = new Error('enough');
  const outcome = async (make: (signal: AbortSignal) => Readable | Writable): Promise<object> => {
    const stream = make(AbortSignal.abort(reason));
    const { destroyed } = stream;
    const [error] = await once(stream, 'error');
    const { name, code, cause, message } = error as Error & { code: string };
    return { destroyed, name, code, message, isReason: cause === reason };
  };

  test.each(['objects', 'lines'])(
    'of %s it errs as the streams of Node do, and takes nothing',
    async (form) => {
      const buffer = filled(3);
      const objectMode = form === 'objects';
      const nodes = await outcome((signal) => new Readable({ signal, read: () => undefined }));
      expect(await outcome((signal) => new EventReadable(buffer, { objectMode, signal }))).toEqual(nodes);
      expect(await outcome((signal) => new EventWritable(buffer, { objectMode, signal }))).toEqual(nodes);
      expect(nodes).toMatchObject({ destroyed: true, name: 'AbortError', isReason: true });
      expect(numbersIn(buffer)).toEqual(range(0, 3));
    },
  );
});
