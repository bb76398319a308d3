/** Sources and sinks that fail: the run ends with the reason and exit code 1, and its counts still agree. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { endAll, main, summaryOf, tapio } from '../cli';

let directory: string;
beforeEach(() => (directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-'))));
afterEach(() => {
  endAll();
  fs.rmSync(directory, { recursive: true });
});

/** An environment in which this script runs first in every thread of the child. */
function preload(script: string): NodeJS.ProcessEnv {
  const file = path.join(directory, 'preload.cjs');
  fs.writeFileSync(file, `const fs = require('node:fs');\n${script}`);
  return { NODE_OPTIONS: `--require ${file}` };
}

/** With a standard output that takes nothing. */
function runIntoFull(args: readonly string[]): { stderr: string; status: number | null } {
  const full = fs.openSync('/dev/full', 'w');
  const { stderr, status } = spawnSync(process.execPath, [main, ...args], {
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
  });
  fs.closeSync(full);
  return { stderr, status };
}

if (process.platform === 'linux') {
  test('a /proc that hides other users is unsupported', async () => {
    const env = preload(`
      const real = fs.readFileSync;
      fs.readFileSync = (name, ...rest) => {
        if (name === '/proc/1/stat') throw Object.assign(new Error('hidden'), { code: 'EACCES' });
        if (name === '/proc/self/mounts') return 'proc /proc proc rw,hidepid=2 0 0';
        return real(name, ...rest);
      };`);
    const { code, stderr } = await tapio(['collect', '--source', 'proc', '--json'], '', env);
    expect(stderr).toMatch(/source proc: .*hidepid=2.*\(ERR_UNSUPPORTED\)/);
    expect(code).toBe(1);
  });

  test('a source that crashes ends the run, and what came before is delivered', async () => {
    const env = preload(`
      const real = fs.readdirSync;
      let calls = 0;
      fs.readdirSync = (name, ...rest) => {
        if (name === '/proc' && ++calls > 3) throw new RangeError('planted');
        return real(name, ...rest);
      };`);
    const args = ['collect', '--source', 'proc', '--source', 'synthetic', '--proc-interval', '100', '--json'];
    const result = await tapio(args, '', env);
    const { produced, delivered, dropped, sources } = summaryOf(result);
    expect(result.stderr).toMatch(/source proc: RangeError: planted/);
    expect(sources.synthetic.produced).toBeGreaterThan(0);
    expect(produced).toBe(delivered + dropped);
    expect(result.stderr).not.toContain('counts disagree');
    expect(result.code).toBe(1);
  });

  test('a thread that ends by itself is a failure too', async () => {
    const env = preload(`
      const real = fs.readdirSync;
      fs.readdirSync = (name, ...rest) => (name === '/proc' ? process.exit(7) : real(name, ...rest));`);
    const { code, stderr } = await tapio(['collect', '--source', 'proc', '--json'], '', env);
    expect(stderr).toContain('source proc: its thread exited with code 7');
    expect(code).toBe(1);
  });

  test('a thread that ends without a word is noticed under --duration, too', async () => {
    const env = preload(`
      const real = fs.readdirSync;
      let calls = 0;
      fs.readdirSync = (name, ...rest) => {
        if (name === '/proc' && ++calls > 3) process.exit(0);
        return real(name, ...rest);
      };`);
    const args = ['collect', '--source', 'proc', '--proc-interval', '100', '--duration', '1000', '--json'];
    const result = await tapio(args, '', env);
    expect(result.stderr).toContain('source proc: its thread exited with code 0');
    expect(summaryOf(result).durationMs).toBeLessThan(1_000_000);
    expect(result.code).toBe(1);
  });

  test('input that ends before --duration ends the run', async () => {
    const result = await tapio(['collect', '--source', 'stdin', '--duration', '1000', '--json']);
    expect(summaryOf(result)).toMatchObject({ produced: 0, dropped: 0 });
    expect(result.code).toBe(0);
  });

  test('a full disk ends the run, and what was not written counts as dropped', async () => {
    const args = ['collect', '--source', 'synthetic', '--rate', '5000', '--sink', 'file:/dev/full', '--json'];
    const result = await tapio(args);
    expect(result.stderr).toMatch(/sink \/dev\/full: ENOSPC/);
    const { produced, delivered, dropped, droppedBy } = summaryOf(result);
    expect(delivered).toBe(0);
    expect(produced).toBeGreaterThan(0);
    expect(dropped).toBe(produced);
    expect(droppedBy).toEqual({ buffer: 0, sink: produced });
    expect(result.code).toBe(1);
  });

  test.each([
    [['--help']],
    [['collect', '--help']],
    [['collect', '--source', 'synthetic', '--duration', '1.2']],
    [['collect', '--source', 'synthetic', '--duration', '0.2', '--json']],
  ])('a stdout that cannot be written is told in one line: %j', (args) => {
    const { stderr, status } = runIntoFull(args);
    expect(stderr).toMatch(/^tapio: stdout: ENOSPC[^\n]*\n$/);
    expect(status).toBe(1);
  });

  test('a stdout that has failed with the events is told, and so are the figures', () => {
    const { stderr, status } = runIntoFull([
      'collect',
      '--source',
      'synthetic',
      '--duration',
      '0.2',
      '--json',
      '--sink',
      'stdout',
    ]);
    expect(stderr).toMatch(/^tapio: stdout: ENOSPC[^\n]*\n\{[^\n]*\}\n$/);
    const { produced, delivered, dropped } = summaryOf({
      stdout: stderr,
      stderr,
      code: status,
      signal: null,
    });
    expect([delivered, dropped]).toEqual([0, produced]);
    expect(status).toBe(1);
  });

  test('an error of the disk is told and fails the run, though a terminal that is gone gives the same one', () => {
    // No program has memory at address 0, so a write to it fails with EIO.
    const broken = fs.openSync('/proc/self/mem', 'r+');
    const args = ['collect', '--source', 'synthetic', '--duration', '20', '--sink', 'stdout'];
    const { stderr, status } = spawnSync(process.execPath, [main, ...args], {
      stdio: ['ignore', broken, 'pipe'],
      encoding: 'utf8',
    });
    fs.closeSync(broken);
    expect(stderr).toMatch(/^tapio: stdout: EIO: i\/o error, write$/m);
    expect(stderr).toMatch(/not delivered \(EIO\)$/m);
    expect(status).toBe(1);
  });
}
