/**
 * BpfRingBufferSource on a ring buffer it did not make: that of a tracer whose own reader is held up by a full target, found by its
 * descriptor. examples/bpf-ringbuf reads one of a program that clang compiled.
 */
import fs from 'node:fs';
import { EventBuffer, PerCPUBuffer, RingBuffer } from '@tapio/performance';
import { BpfRingBufferSource, KernelTracer, type RecordField } from '@tapio/performance/kernel';
import { PATIENCE } from '../support/children';
import { thrownBy } from '../support/errors';
import { ddCommand, kernelTest, KnownProcess } from '../support/kernel';
import { turn } from '../support/waits';

const COUNT = 2000;

/** The tracer's record, as a foreign program's layout. */
const LAYOUT: readonly RecordField[] = [
  { name: 'timestamp', type: 'u64', offset: 0 },
  { name: 'tid', type: 'u32', offset: 8 },
  { name: 'pid', type: 'u32', offset: 12 },
  { name: 'uid', type: 'u32', offset: 16 },
  { name: 'gid', type: 'u32', offset: 20 },
  { name: 'cpuCore', type: 'u32', offset: 24 },
  { name: 'kind', type: 'u8', offset: 28 },
  { name: 'returnCode', type: 'i32', offset: 32 },
  { name: 'whole_return', type: 'i64', offset: 32 },
  { name: 'syscall', type: 'u32', offset: 40 },
  { name: 'comm', type: 'char[16]', offset: 48 },
  { name: 'command', type: 'char[16]', offset: 48 },
];

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** The ring buffers that this process has open, by what the kernel calls each for as long as it lives. */
function rings(): { fd: number; map: string }[] {
  return fs.readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const info = fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
      const map = /^map_id:\s*(\d+)$/m.exec(info);
      return map && /^map_type:\s*27$/m.test(info) ? [{ fd: Number(fd), map: map[1] }] : [];
    } catch {
      return [];
    }
  });
}

/** A tracer of the writes of one process that has stopped reading, and its ring buffer. */
async function heldUpTracer(): Promise<{
  tracer: KernelTracer;
  subject: KnownProcess;
  fd: number;
  end: () => void;
}> {
  const target = new EventBuffer(1, { slotSize: 128, onFull: 'block' });
  const first = new KnownProcess(ddCommand(2));
  const subject = new KnownProcess(ddCommand(COUNT));
  // A tracer that is stopped may still be giving back its own.
  const before = new Set(rings().map(({ map }) => map));
  const tracer = new KernelTracer({
    target,
    events: ['syscall'],
    filters: { pids: [first.pid, subject.pid], syscalls: ['write'] },
    wakeIntervalMicros: 50_000,
  }).start();
  const end = (): void => {
    tracer.stop();
    target.close();
  };
  ends.push(end);
  const [ring] = rings().filter(({ map }) => !before.has(map));
  await first.run();
  // The first record is in the target, and so out of the kernel's ring; the second is what holds the reader up.
  await until(
    () => tracer.getStats().captured >= 2 && !target.isEmpty,
    () => tracer.getStats(),
  );
  return { tracer, subject, fd: ring.fd, end };
}

/** `stop` waits for a bounded time, which a thread without a CPU outlasts. */
function captured(source: BpfRingBufferSource, tracer: KernelTracer, count: number): Promise<void> {
  ends.push(() => source.stop());
  return until(
    () => source.getStats().captured >= count,
    () => ({ source: source.getStats(), tracer: tracer.getStats() }),
  );
}

const LIMIT_MS = 60_000 * PATIENCE;

/** Tells what was there instead; a test that only waited on would keep the event loop busy for those behind it. */
async function until(isTrue: () => boolean, told: () => object): Promise<void> {
  const limit = performance.now() + LIMIT_MS;
  while (!isTrue()) {
    if (performance.now() > limit) throw new Error(`not within ${LIMIT_MS} ms: ${JSON.stringify(told())}`);
    await turn();
  }
}

kernelTest('records become events by their layout', async () => {
  const { tracer, subject, fd, end } = await heldUpTracer();
  const target = new EventBuffer(8192);
  const source = new BpfRingBufferSource({
    fd,
    target,
    layout: LAYOUT,
    event: { type: 'demo', source: 'test' },
  }).start();
  const before = BigInt(Date.now() - 1) * 1_000_000n;
  await subject.run();
  await captured(source, tracer, COUNT);
  source.stop();
  expect(source.getStats()).toMatchObject({
    state: 'stopped',
    captured: COUNT,
    delivered: COUNT,
    dropped: 0,
    malformed: 0,
    tooLarge: 0,
  });
  const events = target.getBatch(Infinity);
  expect(events.length).toBe(COUNT);
  for (const event of events) {
    expect(event).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      timestamp: expect.any(BigInt),
      type: 'demo',
      source: 'test',
      kernel: {
        pid: subject.pid,
        tid: subject.pid,
        uid: process.getuid!(),
        gid: process.getgid!(),
        cpuCore: expect.any(Number),
        returnCode: 1,
        syscall: 'write',
        comm: 'dd',
        args: { kind: '0', whole_return: '1', command: 'dd' },
      },
    });
    expect(event.timestamp).toBeGreaterThan(before);
  }
  // The tracer's own reader finds that somebody else has read.
  end();
  expect(tracer.getStats().state).toBe('corrupt');
  target.close();
});

kernelTest('records as they are, into a RingBuffer and a PerCPUBuffer', async () => {
  for (const target of [
    new RingBuffer(8192, { slotSize: 64 }),
    new PerCPUBuffer({ bufferSizePerCPU: 2 ** 20, slotSize: 64 }),
  ]) {
    const { tracer, subject, fd, end } = await heldUpTracer();
    const source = new BpfRingBufferSource({ fd, target }).start();
    await subject.run();
    await captured(source, tracer, COUNT);
    source.stop();
    end();
    const records = target instanceof RingBuffer ? target.getBatch(Infinity) : target.read();
    expect(records.length).toBe(COUNT);
    expect(source.getStats().delivered).toBe(COUNT);
    for (const record of records) {
      expect(record.length).toBe(64);
      expect(Buffer.from(record).readUInt32LE(12)).toBe(subject.pid);
      expect(Buffer.from(record).toString('latin1', 48, 50)).toBe('dd');
    }
    target.close();
  }
});

kernelTest('what does not fit the layout or the target is counted', async () => {
  const events = new EventBuffer(16);
  const short = new RingBuffer(16, { slotSize: 63 });
  const single = new RingBuffer(1, { slotSize: 64 });
  const beyond: RecordField = { name: 'x', type: 'u64', offset: 60 };
  for (const [field, options, expected] of [
    ['malformed', { target: events, layout: [beyond] }, COUNT],
    ['tooLarge', { target: short }, COUNT],
    ['dropped', { target: single }, COUNT - 1],
  ] as const) {
    const { tracer, subject, fd, end } = await heldUpTracer();
    const source = new BpfRingBufferSource({ fd, ...options }).start();
    await subject.run();
    await captured(source, tracer, COUNT);
    source.stop();
    end();
    const stats = source.getStats();
    expect(stats.captured).toBe(COUNT);
    expect(stats[field]).toBe(expected);
    expect(stats.delivered).toBe(COUNT - expected);
    options.target.close();
  }
});

kernelTest('memory is bounded by what the target takes, not by the layout', async () => {
  const bytes = 4096;
  /** What this process grows by while it reads with this many fields of text: at least the mapping of the ring buffer. */
  const growth = async (fields: number): Promise<number> => {
    const { tracer, subject, fd, end } = await heldUpTracer();
    const target = new EventBuffer(1024, { slotSize: 128 });
    const layout = Array.from({ length: fields }, (_, i) => ({
      name: `text${i}`,
      type: `char[${bytes}]`,
      offset: i,
    }));
    const source = new BpfRingBufferSource({ fd, target, layout });
    const before = process.memoryUsage.rss();
    source.start();
    await subject.run();
    await captured(source, tracer, COUNT);
    const grown = process.memoryUsage.rss() - before;
    source.stop();
    end();
    target.close();
    return grown;
  };
  const fields = 60;
  const least = await growth(1);
  // A batch of 64 records would be twice as much, were there room for each text in two bytes a character.
  expect((await growth(fields)) - least).toBeLessThan(fields * bytes * 64);
});

describe('a place without a ring buffer', () => {
  const target = new RingBuffer(16);
  afterAll(() => target.close());
  const start = (options: object): unknown => new BpfRingBufferSource({ target, ...options }).start();

  test.each<[object, RegExp]>([
    [{ path: '/sys/fs/bpf/no/such/map' }, /no\/such\/map.*ENOENT/],
    [{ fd: 12345 }, /12345.*EBADF/],
  ])('%p', (options, message) => {
    expect(thrownBy(() => start(options))).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.stringMatching(message),
    });
  });

  test('a file', () => {
    const fd = fs.openSync('/dev/null', 'r');
    expect(thrownBy(() => start({ fd }))).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.stringMatching(/no BPF ring buffer/),
    });
    fs.closeSync(fd);
  });
});

describe('wrong options', () => {
  const events = new EventBuffer(16);
  const records = new RingBuffer(16);
  const layout = [{ name: 'x', type: 'u32', offset: 0 }];
  const field = (more: object): object => ({ target: events, fd: 0, layout: [{ ...layout[0], ...more }] });
  afterAll(() => {
    events.close();
    records.close();
  });
  test.each<[string, object]>([
    ['path', { target: records }],
    ['path', { target: records, path: '/x', fd: 1 }],
    ['path', { target: records, path: '' }],
    ['path', { target: records, path: 'a\0b' }],
    ['fd', { target: records, fd: -1 }],
    ['target', { fd: 0 }],
    ['layout', { target: events, fd: 0 }],
    ['layout', { target: events, fd: 0, layout: [] }],
    ['layout', { target: records, fd: 0, layout }],
    ['layout[0]', { target: events, fd: 0, layout: [1] }],
    ['layout[1].name', { target: events, fd: 0, layout: [layout[0], layout[0]] }],
    ['layout[0].name', field({ name: '1x' })],
    ['layout[0].name', field({ name: '__proto__' })],
    ['layout[0].type', field({ type: 'u31' })],
    ['layout[0].type', field({ type: 'char[0]' })],
    ['layout[0].type', field({ type: 'char[4097]' })],
    ['layout[0].offset', field({ offset: -1 })],
    ['layout[0].offset', field({ offset: 65536 })],
    ['pid', field({ name: 'pid', type: 'char[4]' })],
    ['comm', field({ name: 'comm' })],
    ['timestamp', field({ name: 'timestamp' })],
    ['event.type', { ...field({}), event: { type: '' } }],
    ['event.source', { ...field({}), event: { source: 'caf\u00e9' } }],
    ['clock', { ...field({}), clock: 'tai' }],
    ['maxLatencyMs', { target: records, fd: 0, maxLatencyMs: 0 }],
  ])('%s %#', (name, options) => {
    expect(thrownBy(() => new BpfRingBufferSource(options as never))).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.stringContaining(name),
    });
  });
});
