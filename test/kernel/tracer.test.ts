/** The embedded tracer on the real kernel: what a known process did is what comes out. */
import fs from 'node:fs';
import { availableCPUs, EventBuffer, isKernelEvent, PerCPUEventBuffer } from '@tapio/performance';
import { KernelTracer, syscallName, syscallNumber } from '@tapio/performance/kernel';
import { codeOf } from '../support/errors';
import { ddCommand, kernelTest, KnownProcess, trace } from '../support/kernel';
import { turn } from '../support/waits';

const COUNT = 20_000;

kernelTest('every read and write of dd, exactly', async () => {
  const { events, stats, process, code } = await trace(ddCommand(COUNT), {
    events: ['syscall'],
    filters: { syscalls: ['read', 'write'] },
  });
  expect(code).toBe(0);
  expect(stats).toMatchObject({ state: 'stopped', dropped: 0, lost: 0, malformed: 0, tooLarge: 0 });
  expect(stats.captured).toBe(events.length);
  expect(stats.delivered).toBe(events.length);
  const counts = new Map<string, number>();
  for (const { kernel } of events) {
    const key = `${kernel!.comm} ${kernel!.syscall} ${kernel!.returnCode}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  expect(counts.get('dd read 1')).toBe(COUNT);
  expect(counts.get('dd write 1')).toBe(COUNT);
  expect(new Set(events.map(({ kernel }) => kernel!.pid))).toEqual(new Set([process.pid]));
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
});

describe('what does not fit is counted', () => {
  const writes = { events: ['syscall'], filters: { syscalls: ['write'] } } as const;

  kernelTest('a tiny ring in the kernel', async () => {
    const { events, stats } = await trace(ddCommand(COUNT), { ...writes, ringSize: 4096 });
    expect(stats.lost).toBeGreaterThan(0);
    expect(stats.captured + stats.lost).toBe(COUNT);
    expect(stats.delivered).toBe(events.length);
    expect(stats.cpus.reduce((sum, { lost }) => sum + lost, 0)).toBe(stats.lost);
  });

  kernelTest('a tiny target', async () => {
    const target = new PerCPUEventBuffer({ slotSize: 128, bufferSizePerCPU: 1024, overflowSize: 1024 });
    const { stats } = await trace(ddCommand(COUNT), { ...writes, target });
    expect(stats.dropped).toBeGreaterThan(0);
    expect(stats.delivered + stats.dropped + stats.lost).toBe(COUNT);
    const { totalWrites, dropped } = target.getStats();
    expect({ totalWrites, dropped }).toEqual({ totalWrites: stats.delivered, dropped: stats.dropped });
    expect(target.get().length).toBe(stats.delivered);
    target.close();
  });

  kernelTest('both, with drop-oldest', async () => {
    const target = new EventBuffer(16, { slotSize: 128, onFull: 'drop-oldest' });
    const { stats } = await trace(ddCommand(COUNT), { ...writes, target, ringSize: 8192 });
    expect(stats.delivered + stats.dropped + stats.lost).toBe(COUNT);
    const { discarded } = target.getStats();
    // Not `size`, which counts slots: an event takes two once the table of interned texts is full.
    expect(target.getBatch(16).length + discarded).toBe(stats.delivered);
    expect(discarded).toBeGreaterThan(0);
    target.close();
  });
});

kernelTest('pid, tid, uid, gid, comm, return code, CPU and time are right', async () => {
  const cpu = availableCPUs().at(-1)!;
  const before = BigInt(Date.now() - 1) * 1_000_000n;
  const { events, process, code } = await trace(
    `taskset -c ${cpu} setpriv --reuid 4242 --regid 4343 --clear-groups dd if=/nonexistent of=/dev/null`,
  );
  const after = BigInt(Date.now() + 1) * 1_000_000n;
  expect(code).toBe(1);
  const failed = events.filter(({ kernel }) => kernel!.comm === 'dd' && kernel!.returnCode === -2);
  const opened = failed.find(({ kernel }) => kernel!.syscall === 'openat');
  expect(opened).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    timestamp: expect.any(BigInt),
    type: 'kernel.syscall',
    source: 'ebpf',
    kernel: {
      syscall: 'openat',
      pid: process.pid,
      tid: process.pid,
      uid: 4242,
      gid: 4343,
      comm: 'dd',
      returnCode: -2,
      cpuCore: cpu,
    },
  });
  let last = before;
  for (const event of events.filter(({ kernel }) => kernel!.cpuCore === cpu && kernel!.comm === 'dd')) {
    expect(isKernelEvent(event)).toBe(true);
    expect(event.timestamp).toBeGreaterThanOrEqual(last);
    last = event.timestamp;
  }
  expect(last).toBeLessThanOrEqual(after);
  // An address is no return code of 32 bits.
  const mappings = events.filter(({ kernel }) => kernel!.syscall === 'mmap' && kernel!.comm === 'dd');
  expect(mappings.length).toBeGreaterThan(0);
  for (const { kernel } of mappings) expect(kernel).not.toHaveProperty('returnCode');
});

kernelTest('a process begins with exec and exits once, however many threads it has', async () => {
  const { events, process } = await trace(
    `${globalThis.process.execPath} -e "new (require('worker_threads').Worker)('', { eval: true })"`,
    { events: ['exec', 'exit'] },
  );
  expect(events.map(({ type, kernel }) => [type, kernel!.pid, kernel!.comm])).toEqual([
    ['process.exec', process.pid, 'node'],
    ['process.exit', process.pid, 'node'],
  ]);
  for (const { kernel } of events) expect(Object.keys(kernel!)).not.toContain('syscall');
});

kernelTest('calls that never return are seen when they begin', async () => {
  const { events } = await trace('true', {
    events: ['syscall', 'syscall-enter'],
    filters: { syscalls: ['exit_group', 'brk'] },
  });
  const count = (type: string, syscall: string): number =>
    events.filter((event) => event.type === type && event.kernel!.syscall === syscall).length;
  expect(count('kernel.syscall.enter', 'exit_group')).toBe(1);
  expect(count('kernel.syscall', 'exit_group')).toBe(0);
  expect(count('kernel.syscall', 'brk')).toBeGreaterThan(0);
  expect(count('kernel.syscall', 'brk')).toBe(count('kernel.syscall.enter', 'brk'));
  for (const { type, kernel } of events)
    if (type === 'kernel.syscall.enter') expect(kernel).not.toHaveProperty('returnCode');
});

kernelTest('this process is never traced, others are', async () => {
  const target = new PerCPUEventBuffer({ slotSize: 128, bufferSizePerCPU: 2 ** 24 });
  using tracer = new KernelTracer({ target, filters: { syscalls: ['getcwd', 'write'] } }).start();
  const file = fs.openSync('/dev/null', 'w');
  for (let i = 0; i < 1000; i++) fs.writeSync(file, 'x');
  fs.closeSync(file);
  const other = new KnownProcess(ddCommand(1000));
  await other.run();
  tracer.stop();
  const pids = target.get().map(({ kernel }) => kernel!.pid);
  expect(pids).toContain(other.pid);
  expect(pids).not.toContain(process.pid);
  target.close();
});

kernelTest('by user, and by the name of the thread', async () => {
  const uid = 41_000 + (process.pid % 20_000);
  const script = `sh -c 'true; setpriv --reuid ${uid} --clear-groups dd if=/dev/null of=/dev/null status=none'`;
  const lives = { events: ['exec', 'exit'], filters: { uids: [uid], pids: [] } } as const;
  const users = await trace(script, lives);
  expect(users.events.map(({ type, kernel }) => [type, kernel!.comm, kernel!.uid])).toEqual([
    ['process.exec', 'dd', uid],
    ['process.exit', 'dd', uid],
  ]);
  const both = await trace(script, { ...lives, filters: { uids: [uid], comms: ['setpriv', 'd'], pids: [] } });
  expect(both.events).toEqual([]);
  const named = await trace(script, { ...lives, filters: { uids: [uid], comms: ['x', 'dd'], pids: [] } });
  expect(named.events).toHaveLength(2);
});

kernelTest('sampling keeps its share', async () => {
  const share = 0.1;
  const { stats } = await trace(ddCommand(COUNT * 5), {
    events: ['syscall'],
    filters: { syscalls: ['write'], sampleRate: share },
  });
  expect(stats.lost).toBe(0);
  const expected = COUNT * 5 * share;
  // Six standard deviations.
  expect(Math.abs(stats.captured - expected)).toBeLessThan(6 * Math.sqrt(expected));
});

kernelTest('counters go on over starts and stops', async () => {
  const target = new EventBuffer(65536, { slotSize: 128 });
  const processes = [1, 2].map(() => new KnownProcess(ddCommand(1000)));
  const tracer = new KernelTracer({
    target,
    events: ['syscall'],
    filters: { pids: processes.map(({ pid }) => pid), syscalls: ['write'] },
  });
  expect(tracer.getStats()).toMatchObject({ state: 'stopped', captured: 0, lost: 0, cpus: [] });
  for (const [index, each] of processes.entries()) {
    expect(tracer.start()).toBe(tracer);
    tracer.start();
    expect(tracer.getStats().state).toBe('running');
    await each.run();
    tracer.stop();
    tracer.stop();
    expect(tracer.getStats()).toMatchObject({ state: 'stopped', captured: 1000 * (index + 1), lost: 0 });
  }
  target.close();
});

describe('a closed target', () => {
  kernelTest('ends the tracer within 100 ms', async () => {
    const target = new EventBuffer(1024);
    const before = fs.readdirSync('/proc/self/fd').length;
    const tracer = new KernelTracer({ target, events: ['exit'] }).start();
    expect(fs.readdirSync('/proc/self/fd').length).toBeGreaterThan(before);
    const since = performance.now();
    target.close();
    while (tracer.getStats().state === 'running') await turn();
    expect(performance.now() - since).toBeLessThan(100);
    expect(tracer.getStats().state).toBe('closed');
    expect(fs.readdirSync('/proc/self/fd').length).toBe(before);
    tracer.stop();
    expect(tracer.getStats().state).toBe('closed');
  });

  kernelTest('cannot be started', async () => {
    const target = new EventBuffer(1024);
    const tracer = new KernelTracer({ target });
    target.close();
    expect(await codeOf(() => tracer.start())).toBe('ERR_BUFFER_CLOSED');
  });
});

test('names and numbers of system calls', () => {
  for (const name of ['read', 'write', 'openat', 'execve', 'exit_group', 'clone3', 'mseal'])
    expect(syscallName(syscallNumber(name)!)).toBe(name);
  expect(syscallName(1000)).toBe('syscall_1000');
  expect(syscallNumber('no_such_call')).toBeUndefined();
});

describe('wrong options', () => {
  const target = new EventBuffer(16);
  afterAll(() => target.close());
  test.each<[string, object]>([
    ['target', { target: undefined }],
    ['target', { target: {} }],
    ['target', { target: { handle: { kind: 'RingBuffer', id: 1n } } }],
    ['handle.id', { target: { handle: { kind: 'EventBuffer', id: 1n } } }],
    ['events', { events: [] }],
    ['events', { events: 'exec' }],
    ['events[1]', { events: ['exec', 'spoon'] }],
    ['filters', { filters: 7 }],
    ['a name in filters', { filters: { port: [80] } as never }],
    ['filters.pids', { filters: { pids: 7 } }],
    ['filters.pids[0]', { filters: { pids: [0] } }],
    ['filters.pids[1]', { filters: { pids: [1, 2 ** 32] } }],
    ['filters.syscalls[0]', { filters: { syscalls: ['no_such_call'] } }],
    ['filters.syscalls[1]', { filters: { syscalls: ['read', 1024] } }],
    ['filters.uids[0]', { filters: { uids: [2 ** 32 - 1] } }],
    ['filters.comms', { filters: { comms: 'sh' } }],
    ['filters.comms[1]', { filters: { comms: ['sh', 'sixteen-letters-'] } }],
    ['filters.comms[0]', { filters: { comms: [''] } }],
    ['filters.containers', { filters: { containers: 'a'.repeat(12) } }],
    ['filters.containers', { filters: { containers: new Array(1025).fill('a'.repeat(12)) } }],
    ['filters.containers[0]', { filters: { containers: ['a'.repeat(11)] } }],
    ['filters.containers[0]', { filters: { containers: ['a'.repeat(65)] } }],
    ['filters.containers[1]', { filters: { containers: ['a'.repeat(64), 'A'.repeat(64)] } }],
    ['filters.paths', { filters: { paths: '/etc' } }],
    ['filters.paths[0]', { filters: { paths: [''] } }],
    ['filters.paths[0]', { filters: { paths: ['/'.repeat(256)] } }],
    ['filters.paths[1]', { filters: { paths: ['/', '/\0'] } }],
    ['filters.ports', { filters: { ports: 80 } }],
    ['filters.ports[0]', { filters: { ports: [65536] } }],
    ['filters.ports[0]', { filters: { ports: [-1] } }],
    ['filters.sampleRate', { filters: { sampleRate: 0 } }],
    ['filters.sampleRate', { filters: { sampleRate: NaN } }],
    ['ringSize', { ringSize: 4095 }],
    ['ringSize', { ringSize: 12288 }],
    ['ringSize', { ringSize: 2 ** 31 }],
    ['wakeIntervalMicros', { wakeIntervalMicros: -1 }],
  ])('%s %p', (name, options) => {
    expect(() => new KernelTracer({ target, ...options })).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARGUMENT',
        message: expect.stringContaining(name),
      }),
    );
  });
});
