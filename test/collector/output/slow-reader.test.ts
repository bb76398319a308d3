/** A reader that has stopped reading: a run that is to end does so, and tells exactly what it could not deliver. */
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createEvent, eventToJSON } from '@tapio/performance';
import { onTerminal, terminalTest } from '../../support/terminal';
import { endAll, linesIn, main, summaryOf, Tapio, toldBy } from '../cli';

let directory: string;
beforeEach(() => (directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-'))));
afterEach(() => {
  endAll();
  fs.rmSync(directory, { recursive: true });
});

const synthetic = ['collect', '--source', 'synthetic', '--rate', '30000'];
/** Ended in any case, also when the test fails. */
const tapio = `timeout -s KILL 100 "${process.execPath}" "${main}"`;

function expectExact(told: ReturnType<typeof toldBy>, stderr: string, received: string): void {
  const { events, rest } = linesIn(received);
  expect(told.delivered).toBe(events);
  expect(told.dropped).toBeGreaterThan(0);
  expect(told.produced).toBe(told.delivered + told.dropped);
  expect(stderr).toMatch(
    rest !== '' ? /within 5 s of the stop; its last line is cut short/ : /within 5 s of the stop$/m,
  );
}

/** Reads when the run is over, which would never be if it waited for that. */
function runUnread(...args: string[]): { told: string; received: string; code: string } {
  const script = `
    (${tapio} ${[...synthetic, '--duration', '1', '--sink', 'stdout', ...args].join(' ')} 2> told; echo $? > code) |
    (until [ -e code ]; do sleep 0.1; done; cat > received)`;
  spawnSync('bash', ['--norc', '-c', script], { cwd: directory });
  const read = (name: string): string => fs.readFileSync(path.join(directory, name), 'utf8');
  return { told: read('told'), received: read('received'), code: read('code') };
}

test('--duration ends a run into a pipe that nobody reads', () => {
  const { told, received, code } = runUnread();
  expectExact(toldBy(told), told, received);
  expect(code).toBe('1\n');
});

test('the summary that stdout takes no more is told on stderr', () => {
  const { told, received, code } = runUnread('--json');
  const summary = summaryOf({ stdout: told, stderr: '', code: 1, signal: null });
  expectExact(summary, told, received);
  expect(code).toBe('1\n');
});

test('SIGTERM ends a run into a socket that nobody reads', async () => {
  const run = new Tapio([...synthetic, '--sink', 'stdout']);
  run.child.stdout.pause();
  const exited = once(run.child, 'exit');
  await run.until('stderr', (text) => /peak fill 100%/.test(text));
  run.child.kill('SIGTERM');
  expect(await exited).toEqual([1, null]);
  run.child.stdout.resume();
  const { stdout, stderr } = await run.end();
  expectExact(toldBy(stderr), stderr, stdout);
});

test('SIGTERM ends a run into a named pipe that nobody reads any more', async () => {
  const pipe = path.join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const run = new Tapio([...synthetic, '--sink', `file:${pipe}`, '--json']);
  const fd = fs.openSync(pipe, 'r');
  await run.until('stderr', (text) => /peak fill 100%/.test(text));
  run.child.kill('SIGTERM');
  const result = await run.end();
  expectExact(summaryOf(result), result.stderr, fs.readFileSync(fd, 'utf8'));
  fs.closeSync(fd);
  expect(result.code).toBe(1);
});

terminalTest('--duration ends a run on a terminal that is stopped', async () => {
  const ended = path.join(directory, 'ended');
  const line = `${tapio} ${synthetic.join(' ')} --duration 3 --sink stdout; echo $? > ${ended}`;
  const terminal = onTerminal(line);
  await once(terminal.stdout!, 'data');
  const watcher = fs.watch(directory);
  terminal.kill('SIGSTOP');
  try {
    if (!fs.existsSync(ended)) await once(watcher, 'change');
  } finally {
    watcher.close();
    terminal.kill('SIGKILL');
  }
  expect(fs.existsSync(ended)).toBe(true);
});

test('a reader that is only slow gets everything when the input has ended, however long that takes', () => {
  const line = `${eventToJSON(createEvent({ type: 'slow', source: 'test', message: 'x'.repeat(200) }))}\n`;
  fs.writeFileSync(path.join(directory, 'in'), line.repeat(4000));
  const script = `${tapio} collect --source stdin --sink stdout --json < in | (sleep 6; cat)`;
  const { stdout } = spawnSync('bash', ['--norc', '-c', script], {
    cwd: directory,
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  });
  expect(summaryOf({ stdout, stderr: '', code: 0, signal: null })).toMatchObject({
    produced: 4000,
    delivered: 4000,
    dropped: 0,
  });
  expect(stdout.startsWith(line.repeat(4000))).toBe(true);
});
