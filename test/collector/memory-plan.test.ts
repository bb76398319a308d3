/**
 * A run in a cgroup of 64 MB is not killed for memory, whatever stalls or comes in: it drops, and counts what it drops. What cannot fit is
 * refused before it begins.
 * SMALL_MEMORY_SECONDS: of each run, default 6.
 */
import childProcess from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createEvent, eventToJSON } from '@tapio/performance';
import { EventClient } from '@tapio/performance/grpc';
import type * as LibcModule from '../../dist/binary/libc';
import type * as PlanModule from '../../dist/collector/memory-plan';
import { besideOf, removeCgroups, withMemory } from '../support/cgroups';
import { behind, command, endAll, fileOf, internal, summaryOf, Tapio, tapio, toldBy } from './cli';

const { runningLibc } = internal<typeof LibcModule>('../binary/libc');
const { memoryPlan, OVERFLOW_FACTOR } = internal<typeof PlanModule>('memory-plan');

const execFile = promisify(childProcess.execFile);
const MIB = 1 << 20;
const SECONDS = Number(process.env.SMALL_MEMORY_SECONDS ?? 6);

let directory: string;
beforeAll(() => (directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-'))));
afterEach(endAll);
afterAll(() => {
  removeCgroups();
  fs.rmSync(directory, { recursive: true });
});

/** Words that start the installed command in a cgroup of so much memory, or in one below it. */
function within(bytes: number, below?: number): string[] | undefined {
  const words = withMemory(bytes, below);
  return words && [...words, command];
}

/** The command takes the first Node of PATH. */
const byThisNode = { PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}` };

const flood = ['collect', '--source', 'synthetic', '--rate', '165000', '--duration', String(SECONDS)];

function start(...args: string[]): Tapio | undefined {
  const words = within(64 * MIB);
  return words && new Tapio([...flood, ...args], byThisNode, words);
}

function lines(count: number): string {
  const file = path.join(directory, 'lines');
  const line = eventToJSON(createEvent({ type: 'log', source: 'test', message: 'x'.repeat(300) }));
  fs.writeFileSync(file, `${line}\n`.repeat(count));
  return file;
}

/** Node's engine takes more from version 22 on; then less fits. */
function isRefusedByLaterNode({ code, stderr }: { code: number | null; stderr: string }): boolean {
  if (Number.parseInt(process.versions.node) < 22 || code !== 2 || !/ may take \d+ MB/.test(stderr))
    return false;
  console.log(`skipped: with Node ${process.versions.node}: ${stderr}`);
  return true;
}

test.each<[string, () => string[]]>([
  ['without a sink', () => []],
  ['a file as its sink', () => ['--sink', `file:${path.join(directory, 'out')}`]],
  ['a sink that takes all at once', () => ['--sink', 'file:/dev/null']],
  ['--metrics', () => ['--metrics', '0']],
  ['a large file to follow', () => ['--source', `file:${lines(200_000)}`]],
  ['--correlate', () => ['--correlate']],
  ['--otlp to nobody', () => ['--otlp', 'http://127.0.0.1:9/']],
])('in 64 MB, 165,000 events a second, %s', async (_, args) => {
  const run = start(...args(), '--json');
  if (run === undefined) return;
  const result = await run.end();
  if (isRefusedByLaterNode(result)) return;
  expect(result).toMatchObject({ code: 0, signal: null });
  const { produced, delivered, dropped } = summaryOf(result);
  expect(produced).toBeGreaterThan(10_000);
  expect(produced).toBe(delivered + dropped);
});

test('in 64 MB, 165,000 events a second, nobody reads', async () => {
  const run = start('--sink', 'stdout');
  if (run === undefined) return;
  run.child.stdout.pause();
  await run.until('stderr', (text) => /Summary/.test(text));
  run.child.stdout.resume();
  const { stderr, signal } = await run.end();
  expect(signal).toBeNull();
  const { produced, delivered, dropped } = toldBy(stderr);
  expect(produced).toBe(delivered + dropped);
  expect(dropped).toBeGreaterThan(produced / 2);
});

test('in 64 MB, 165,000 events a second, a client reads what it can', async () => {
  const run = start('--grpc', '0', '--json');
  if (run === undefined) return;
  let port: string | undefined;
  await run.until('stderr', (text) => {
    port = /serving on .*:(\d+)/.exec(text)?.[1];
    return port !== undefined || text.includes('--force');
  });
  const client = new EventClient(`127.0.0.1:${port ?? 1}`);
  let read = 0;
  try {
    for await (const batch of client.stream()) read += batch.length;
  } catch {
    // Of a run that is refused there is no service; one that ends may leave what waits here behind.
  }
  client.close();
  const result = await run.end();
  if (isRefusedByLaterNode(result)) return;
  expect(result).toMatchObject({ code: 0, signal: null });
  expect(read).toBeGreaterThan(10_000);
});

test('in 64 MB, what cannot fit is refused before it begins, and is killed if it is begun', async () => {
  const tooMuch = ['--workers', '6', '--otlp', 'http://127.0.0.1:9/'];
  const refused = start(...tooMuch);
  if (refused === undefined) return;
  const { code, signal, stderr } = await refused.end();
  expect({ code, signal }).toEqual({ code: 2, signal: null });
  expect(stderr).toMatch(
    /^tapio collect: 6 source threads, --otlp may take \d+ MB in Node \S+, and this process has 64 before/,
  );
  const forced = start(...tooMuch, '--force')!;
  await new Promise((resolve) => forced.child.once('exit', resolve));
  expect(forced.child.signalCode).toBe('SIGKILL');
});

test('in 64 MB, what another process of the cgroup holds is not there for a run', async () => {
  const words = withMemory(64 * MIB);
  if (words === undefined) return;
  const start = [...words, process.execPath, ...besideOf(20 * MIB), command];
  const refused = await new Tapio([...flood, '--grpc', '0'], byThisNode, start).end();
  expect(refused.code).toBe(2);
  const [, left, held] =
    /and this process has (\d+) before it is killed, as other processes and files in a tmpfs hold (\d+) of 64 MB:/.exec(
      refused.stderr,
    )!;
  // The engine of the launcher takes some, too.
  expect(Number(held)).toBeGreaterThan(20);
  expect(Number(held)).toBeLessThan(40);
  expect(Number(left) + Number(held)).toBe(64);
});

test('a ring of the size that others get is what the kernel kills for', async () => {
  const { bufferSize } = memoryPlan(undefined, 1);
  const larger = ['--sink', 'stdout', '--buffer-size', String(bufferSize)];
  const refused = start(...larger);
  if (refused === undefined) return;
  const { code, stderr } = await refused.end();
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(' --buffer-size may take ') });
  const run = start(...larger, '--force')!;
  run.child.stdout.pause();
  await new Promise((resolve) => run.child.once('exit', resolve));
  expect(run.child.signalCode).toBe('SIGKILL');
});

test.each([
  ['in a cgroup of 64 MB', 64 * MIB, undefined, true],
  ['in one of 200 MB below it', 64 * MIB, 200 * MIB, true],
  ['in a cgroup of 512 MB', 512 * MIB, undefined, false],
])('%s, the command tells Node and the C library before they begin', async (_, bytes, below, isTold) => {
  const words = within(bytes, below);
  if (words === undefined) return;
  const env = { ...byThisNode, MALLOC_ARENA_MAX: undefined };
  const run = new Tapio(['collect', '--source', 'synthetic', '--json'], env, words);
  await run.started('stderr');
  const told = (name: string): string[] =>
    fs.readFileSync(`/proc/${run.child.pid}/${name}`, 'utf8').split('\0');
  const [options, environment] = [told('cmdline'), told('environ')];
  run.child.kill('SIGTERM');
  expect((await run.end()).code).toBe(0);
  expect(options.includes('--max-semi-space-size=1')).toBe(isTold);
  expect(options.includes('--max-old-space-size=24')).toBe(isTold);
  expect(environment.includes('MALLOC_ARENA_MAX=1')).toBe(isTold);
});

test('this Node knows the options that the command gives it', async () => {
  const [, options] = /exec node (--.*) "\$0"/.exec(fs.readFileSync(command, 'utf8'))!;
  const words = options.replace(/\$\w+/, '24').split(' ');
  expect(words.length).toBeGreaterThan(2);
  const { stdout } = await execFile(process.execPath, [...words, '--version']);
  expect(stdout.trim()).toBe(process.version);
});

/** Heaps that the C library has made for threads. glibc reserves 64 MiB for each, at a multiple of that, and maps its beginning. */
function heapsOfThreads(pid: number): number {
  const maps = fs.readFileSync(`/proc/${pid}/maps`, 'utf8');
  return [...maps.matchAll(/^[0-9a-f]+[048c]000000-([0-9a-f]+) rw-p .*\n\1-[0-9a-f]+[048c]000000 ---p/gm)]
    .length;
}

test('where memory is little, source threads share the heaps of the C library', async () => {
  if (runningLibc() !== 'glibc') return void console.log('skipped: not glibc');
  const heaps: number[] = [];
  // What would make another of the C library's heap, or takes another binary.
  const env = { TAPIO_BINARY: undefined, MALLOC_ARENA_MAX: undefined, GLIBC_TUNABLES: undefined };
  for (const bytes of [192 * MIB, 512 * MIB]) {
    const words = withMemory(bytes);
    if (words === undefined) return;
    const run = new Tapio(
      ['collect', '--source', 'synthetic', '--workers', '6', '--json'],
      env,
      behind(...words),
    );
    await run.started('stderr');
    heaps.push(heapsOfThreads(run.child.pid!));
    run.child.kill('SIGTERM');
    expect((await run.end()).code).toBe(0);
  }
  const [little, ample] = heaps;
  expect(ample - little).toBeGreaterThan(3);
});

test('sizes follow the limit, and end where memory is ample', () => {
  const ample = memoryPlan(undefined, 4);
  expect(ample.workerLimits).toBeUndefined();
  for (const cpus of [1, 4, 64, 1024]) {
    let before = memoryPlan(1, cpus);
    for (let limit = 16 * MIB; limit <= 2 ** 44; limit *= 2) {
      const plan = memoryPlan(limit, cpus);
      const { bufferSize, exportCapacity, grpcCapacity, batch, pieceBytes, lineBytes } = plan;
      if (bufferSize > 512) expect(bufferSize * (cpus + OVERFLOW_FACTOR)).toBeLessThanOrEqual(limit / 16);
      expect(exportCapacity * 512).toBeLessThanOrEqual(limit / 32);
      expect(grpcCapacity * 512).toBeLessThanOrEqual(limit / 32);
      expect(lineBytes).toBeLessThanOrEqual(Math.max(MIB, limit / 64));
      expect(lineBytes).toBeGreaterThanOrEqual(MIB);
      for (const key of Object.keys(ample) as (keyof typeof ample)[]) {
        if (key === 'workerLimits' || key === 'grpcService') continue;
        expect(plan[key]).toBeGreaterThanOrEqual(before[key]);
        expect(plan[key]).toBeLessThanOrEqual(ample[key]);
      }
      for (const key of Object.keys(ample.grpcService) as (keyof typeof ample.grpcService)[]) {
        expect(plan.grpcService[key]).toBeGreaterThanOrEqual(Math.max(1, before.grpcService[key]));
        expect(plan.grpcService[key]).toBeLessThanOrEqual(ample.grpcService[key]);
      }
      expect(batch).toBeGreaterThanOrEqual(64);
      expect(pieceBytes).toBeGreaterThanOrEqual(16_384);
      before = plan;
    }
    expect(before).toMatchObject({ bufferSize: ample.bufferSize, exportCapacity: ample.exportCapacity });
  }
});

test('the rings follow the CPUs that threads run on, not what a quota of CPU time lets Node tell', async () => {
  const words = withMemory(64 * MIB);
  if (words === undefined) return;
  const sizeTold = async (before: string): Promise<number> => {
    const script = `${before}; console.log(require(${JSON.stringify(fileOf('memory-plan'))}).MEMORY.bufferSize)`;
    const [program, ...args] = [...words, process.execPath, '-e', script];
    return Number((await execFile(program, args)).stdout);
  };
  // A quota makes it fewer; with more the difference would show on any machine.
  const size = await sizeTold('');
  expect(await sizeTold("require('os').availableParallelism = () => 4096")).toBe(size);
  expect(memoryPlan(64 * MIB, 4096).bufferSize).not.toBe(size);
});

test('what --help tells is what this process gets', async () => {
  const words = within(64 * MIB);
  if (words === undefined) return;
  const { stdout } = await new Tapio(['collect', '--help'], byThisNode, words).end();
  const told = (text: string): number => Number(/bytes of each CPU's ring \(default (\d+)\)/.exec(text)![1]);
  expect(told(stdout)).toBeLessThan(told((await tapio(['collect', '--help'])).stdout));
});
