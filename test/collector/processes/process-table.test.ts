/** The table of processes: /proc is the truth, events change it, and a pid that is used again is another process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { UnifiedEvent } from '@tapio/performance';
import { range } from '../../support/events';
import { internal } from '../cli';

const { ProcessTable } =
  internal<typeof import('../../../dist/collector/processes/process-table')>('processes/process-table');

const MS = 1_000_000n;
const now = (): bigint => BigInt(Date.now()) * MS;
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A program that has begun. */
async function started(args: string[]): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1e6)', ...args]);
  children.push(child);
  await once(child.stdout, 'data');
  return child.pid!;
}

const event = (
  type: string,
  timestamp: bigint,
  pid: number,
  args: Record<string, string> = {},
  comm = 'it',
): UnifiedEvent => ({
  ...{ id: '', timestamp, type, source: 'ebpf' },
  kernel: { pid, comm, args },
});

test('one pass knows the parent, the name and the arguments of all that run', async () => {
  const pid = await started(['--', 'a b', '', 'h\u00e9', '\u001b[2J\n"']);
  const table = new ProcessTable();
  table.addRunning();
  const found = table.find(pid, now(), true)!;
  expect(found).toMatchObject({ ppid: process.pid, comm: 'node', argvTruncated: false });
  expect(JSON.parse(found.argv!)).toEqual(
    fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').slice(0, -1).split('\0'),
  );
  expect(table.find(pid, found.since - 1n, true)).toBeUndefined();
});

test.each([
  ['sshd: root@pts/0', 'sshd: root@pts/0'.padEnd(60, '\0'), ['sshd: root@pts/0']],
  ['a title without padding', 'a title', ['a title']],
  ['words', 'cat\0-\0', ['cat', '-']],
  ['an empty argument', 'cat\0\0', ['cat', '']],
  ['empty arguments before others', 'cat\0\0\0-\0', ['cat', '', '', '-']],
  ['no name', '\0\0\0\0', ['', '', '', '']],
])('the command line %s', (_, text, argv) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-proc-'));
  try {
    fs.symlinkSync(String(process.pid), path.join(folder, 'self'));
    fs.mkdirSync(path.join(folder, '7'));
    fs.writeFileSync(path.join(folder, '7', 'stat'), fs.readFileSync('/proc/self/stat'));
    fs.writeFileSync(path.join(folder, '7', 'cmdline'), text);
    const table = new ProcessTable(undefined, folder);
    table.addRunning();
    expect(JSON.parse(table.find(7, now(), true)!.argv!)).toEqual(argv);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

test('many arguments are cut, and that is known', async () => {
  const table = new ProcessTable();
  const many = await started(['--', ...Array.from({ length: 100 }, (_, index) => String(index))]);
  const long = await started(['--', 'x'.repeat(5000)]);
  table.addRunning();
  expect(table.find(many, now(), true)).toMatchObject({ argvTruncated: true });
  expect(JSON.parse(table.find(many, now(), true)!.argv!)).toHaveLength(64);
  expect(table.find(long, now(), true)).toMatchObject({ argvTruncated: true });
  expect(table.find(long, now(), true)!.argv!.length).toBeLessThan(1100);
});

test('events change it', () => {
  const table = new ProcessTable();
  const at = now();
  table.learn(event('process.exec', at, 500_001, { argv: '["make","-j"]', ppid: '1' }, 'make'));
  table.learn(event('process.fork', at + MS, 500_001, { childPid: '500002' }, 'make'));
  const child = { ppid: 500_001, comm: 'make', argv: '["make","-j"]' };
  expect(table.find(500_002, at + 2n * MS, true)).toMatchObject(child);
  expect(table.find(500_002, at, true)).toBeUndefined();
  table.learn(event('process.exec', at + 2n * MS, 500_002, { argv: '["cc"]', ppid: '500001' }, 'cc'));
  expect(table.find(500_002, at + 3n * MS, true)).toMatchObject({
    ppid: 500_001,
    comm: 'cc',
    argv: '["cc"]',
  });
  // The fork may come behind the exec.
  table.learn(event('process.fork', at + MS, 500_001, { childPid: '500002' }, 'make'));
  expect(table.find(500_002, at + 3n * MS, true)).toMatchObject({ comm: 'cc' });
  table.learn(event('process.exit', at + 5n * MS, 500_002, { lifetimeMs: '4' }, 'cc'));
  // What it did before its end may be told after it.
  expect(table.find(500_002, at + 4n * MS, true)).toMatchObject({ comm: 'cc' });
  expect(table.find(500_002, at + 6n * MS, true)).toBeUndefined();
});

test('a pid that is used again is another process', () => {
  const table = new ProcessTable();
  const at = now();
  const SECOND = 1000n * MS;
  table.learn(event('process.exec', at, 500_003, { argv: '["old"]' }));
  // It began after the one that is known, whose end was not seen.
  const later = at + 10n * SECOND;
  const end = event('process.exit', later, 500_003, { lifetimeMs: '2000' });
  const known = table.find(500_003, later, true)!;
  expect(table.isEndOf(known, end.kernel!.args!, later)).toBe(false);
  expect(table.isEndOf(known, { lifetimeMs: '10000' }, later)).toBe(true);
  table.learn(event('process.exit', later, 500_003, { lifetimeMs: '10000' }));
  table.learn(event('process.fork', later + SECOND, 1, { childPid: '500003' }));
  table.learn(event('process.exec', later + 2n * SECOND, 500_003, { argv: '["new"]' }));
  expect(table.find(500_003, later + 3n * SECOND, true)).toMatchObject({ argv: '["new"]' });
});

describe('where events may have been missed', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-proc-'));
  afterAll(() => fs.rmSync(folder, { recursive: true }));
  const clock = { bootTime: () => 100_000, now: () => 1_000_000n * MS, ticksPerSecond: 100 };
  const put = (pid: number, startTick: number): void => {
    fs.mkdirSync(path.join(folder, String(pid)), { recursive: true });
    const fields = `S 7 1 1 0 -1 4194560 1 1 1 1 1 1 1 1 20 0 1 0 ${startTick} 1000 10 1 1 1 1`;
    fs.writeFileSync(path.join(folder, String(pid), 'stat'), `${pid} (it) ${fields}`);
    fs.writeFileSync(path.join(folder, String(pid), 'cmdline'), 'it\0');
  };

  test('/proc is asked whether it is still the same process', () => {
    fs.rmSync(path.join(folder, 'self'), { force: true });
    fs.symlinkSync(String(process.pid), path.join(folder, 'self'));
    put(7, 1000);
    put(8, 1000);
    const table = new ProcessTable(clock, folder);
    table.addRunning();
    const at = 999_000n * MS;
    for (const pid of [7, 8]) expect(table.find(pid, at, false)).toMatchObject({ argv: '["it"]', ppid: 7 });
    put(7, 9500);
    // Believed for a second of events.
    expect(table.find(7, at + 500n * MS, false)).toBeDefined();
    expect(table.find(7, at + 2000n * MS, false)).toBeUndefined();
    expect(table.find(8, at + 2000n * MS, false)).toBeDefined();
    fs.rmSync(path.join(folder, '8'), { recursive: true });
    expect(table.find(8, at + 4000n * MS, false)).toBeUndefined();
  });

  test("another pid namespace's /proc tells nothing", () => {
    fs.rmSync(path.join(folder, 'self'), { force: true });
    put(9, 1000);
    const table = new ProcessTable(clock, folder);
    table.addRunning();
    expect(table.size).toBe(0);
  });
});

test('its memory has a bound; those that ended are forgotten first, then the one not heard of for longest', () => {
  const table = new ProcessTable(undefined, undefined, 100);
  const at = now();
  const begin = (pid: number): void => table.learn(event('process.exec', at, pid, { argv: '["x"]' }));
  const known = (pids: readonly number[]): number[] =>
    pids.filter((pid) => table.find(pid, at, true) !== undefined);
  const living = range(1, 11);
  living.forEach(begin);
  // Many short ones, each of which is there until another takes its place.
  for (const pid of range(100, 10_100)) {
    begin(pid);
    table.learn(event('process.exit', at, pid));
  }
  expect(table.size).toBe(100);
  expect(known(living)).toEqual(living);
  expect(known([10_008, 10_010, 10_099])).toEqual([10_010, 10_099]);
  // All live: asked for is heard of.
  const more = range(20_000, 20_090);
  more.forEach(begin);
  expect(known([1])).toEqual([1]);
  begin(30_000);
  begin(30_001);
  expect(table.size).toBe(100);
  expect(known([1, 2, 3, 30_000, 30_001])).toEqual([1, 30_000, 30_001]);
});
