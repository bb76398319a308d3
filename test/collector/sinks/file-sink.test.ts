/** The end of a file: counts that are exact when it cannot grow, and other programs that truncate, rename, append to and read it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createEvent, eventFromJSON, eventToJSON } from '@tapio/performance';
import { smallDiskTest } from '../../support/small-disk';
import { endAll, linesIn, main, summaryOf, Tapio, tapio, toldBy, type Summary } from '../cli';

let directory: string;
let file: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-'));
  file = path.join(directory, 'out.ndjson');
});
afterEach(() => {
  endAll();
  fs.rmSync(directory, { recursive: true });
});

const synthetic = ['collect', '--source', 'synthetic', '--rate', '20000'];

function linesOf(name: string): ReturnType<typeof linesIn> {
  return linesIn(fs.readFileSync(name, 'utf8'));
}

/** Runs a shell command line, in which `tapio` is the command. */
function shell(line: string): { status: number | null; summary: Summary; stdout: string; stderr: string } {
  const script = `tapio() { timeout -s KILL 25 "${process.execPath}" "${main}" "$@"; }; ${line}`;
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], {
    cwd: directory,
    encoding: 'utf8',
  });
  const summary = stdout.startsWith('{') ? (JSON.parse(stdout) as Summary) : ({} as Summary);
  return { status, summary, stdout, stderr };
}

describe('delivered is the number of whole lines', () => {
  const expectExact = ({ summary, stderr, status }: ReturnType<typeof shell>, name: string): void => {
    const { events, rest } = linesOf(name);
    expect(summary.delivered).toBe(events);
    expect(summary.produced).toBe(summary.delivered + summary.dropped);
    expect(events).toBeGreaterThan(0);
    expect(rest).toBe('');
    expect(stderr).not.toContain('counts disagree');
    expect(status).toBe(1);
  };

  for (const kibibytes of [64, 252, 1020]) {
    smallDiskTest(`in a file on a full disk of ${kibibytes} KiB`, kibibytes << 10, (disk) => {
      const result = shell(`tapio ${synthetic.join(' ')} --sink file:${disk}/out --duration 20 --json`);
      expect(result.stderr).toMatch(/sink .*: ENOSPC: no space left on device, write\n/);
      expectExact(result, path.join(disk, 'out'));
    });
  }

  test('in a file that reaches the limit of its size', () => {
    const result = shell(
      `ulimit -f 100; tapio ${synthetic.join(' ')} --sink file:${file} --duration 20 --json`,
    );
    expect(result.stderr).toMatch(/sink .*: EFBIG: file too large, write\n/);
    expectExact(result, file);
    expect(fs.statSync(file).size).toBeGreaterThan(90 << 10);
  });

  test('in an appended file, whose older lines stay', () => {
    const older = `${eventToJSON(createEvent({ type: 'old', source: 'test' }))}\n`.repeat(10);
    fs.writeFileSync(file, older);
    const args = `${synthetic.join(' ')} --sink file:${file} --append --duration 20 --json`;
    const { summary, status } = shell(`ulimit -f 100; tapio ${args}`);
    const { events, rest } = linesOf(file);
    expect(fs.readFileSync(file, 'utf8').startsWith(older)).toBe(true);
    expect({ events, rest, status }).toEqual({ events: 10 + summary.delivered, rest: '', status: 1 });
  });

  const expectToldOnStdout = (line: string, name: string, code: string): void => {
    const { stderr, status } = shell(line);
    const { events, rest } = linesOf(name);
    const { produced, delivered, dropped } = toldBy(stderr);
    expect(delivered).toBe(events);
    expect(produced).toBe(delivered + dropped);
    const told = new RegExp(
      `^tapio: stdout: ${code}: [a-z ]+, write(; its last line is cut short)?$`,
      'm',
    ).exec(stderr);
    // Its place in the file belongs to whoever opened it: what was begun stays, and is told.
    expect(told?.[1] !== undefined).toBe(rest !== '');
    expect(told).not.toBeNull();
    expect(status).toBe(1);
  };

  smallDiskTest('in a stdout on a full disk', 252 << 10, (disk) => {
    expectToldOnStdout(
      `tapio ${synthetic.join(' ')} --sink stdout --duration 20 > ${disk}/out`,
      path.join(disk, 'out'),
      'ENOSPC',
    );
  });

  test('in a stdout that reaches the limit of its size', () => {
    const line = `ulimit -f 100; tapio ${synthetic.join(' ')} --sink stdout --duration 20 > ${file}`;
    expectToldOnStdout(line, file, 'EFBIG');
  });

  test('in a pipe whose reader goes away', () => {
    // The reader takes what there is up to its end, and no more comes once it has gone.
    const line = `tapio ${synthetic.join(' ')} --sink stdout --duration 20 2> told | head -c 300000 > ${file}`;
    shell(line);
    const { produced, delivered, dropped } = toldBy(fs.readFileSync(path.join(directory, 'told'), 'utf8'));
    expect(produced).toBe(delivered + dropped);
    // All that the reader has, and at most a pipe's content more.
    const read = fs.readFileSync(file, 'utf8').split('\n').length - 1;
    expect(delivered).toBeGreaterThanOrEqual(read);
    expect(delivered - read).toBeLessThan((64 << 10) / 200);
  });
});

describe('with others at the same file', () => {
  test('a file that is truncated under it is written from its start on', async () => {
    const run = new Tapio([...synthetic, '--sink', `file:${file}`, '--json']);
    await untilSize(file, 300_000);
    fs.truncateSync(file, 0);
    await untilSize(file, 50_000);
    run.child.kill('SIGTERM');
    expect((await run.end()).code).toBe(0);
    // The truncation may have cut a write in two, so the first line need not be whole; no hole of NULs is before it.
    expect(fs.readFileSync(file).includes(0)).toBe(false);
  });

  test('a file that is there is overwritten, and with --append kept', async () => {
    fs.writeFileSync(file, 'older\n');
    const once = [...synthetic, '--duration', '0.2', '--sink', `file:${file}`, '--json'];
    const first = summaryOf(await tapio(once));
    expect(linesOf(file).events).toBe(first.delivered);
    const second = summaryOf(await tapio([...once, '--append']));
    expect(linesOf(file)).toEqual({ events: first.delivered + second.delivered, rest: '' });
  });

  test('behind a line without an end --append begins a new one', async () => {
    fs.writeFileSync(file, '{"torn":');
    const args = [...synthetic, '--duration', '0.2', '--sink', `file:${file}`, '--append', '--json'];
    const { delivered } = summaryOf(await tapio(args));
    const [torn, ...lines] = fs.readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(torn).toBe('{"torn":');
    expect(lines.map(eventFromJSON).length).toBe(delivered);
  });

  test('--append is for files', async () => {
    const { code, stderr } = await tapio(['collect', '--sink', 'stdout', '--append']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'tapio collect: --append: needs --sink file:PATH\nsee tapio collect --help\n',
    });
  });

  test('SIGHUP makes it go on in a new file after a rotation, and no line is lost', async () => {
    const run = new Tapio([...synthetic, '--sink', `file:${file}`, '--json']);
    await untilSize(file, 100_000);
    fs.renameSync(file, `${file}.1`);
    run.child.kill('SIGHUP');
    await run.until('stderr', (text) => text.includes('opened anew'));
    await untilSize(file, 100_000);
    run.child.kill('SIGTERM');
    const result = await run.end();
    expect(result.code).toBe(0);
    const [older, newer] = [linesOf(`${file}.1`), linesOf(file)];
    expect([older.rest, newer.rest]).toEqual(['', '']);
    expect(older.events + newer.events).toBe(summaryOf(result).delivered);
  });

  test('a file that cannot be opened anew is told, and the file of before written to', async () => {
    const folder = path.join(directory, 'folder');
    fs.mkdirSync(folder);
    const run = new Tapio([...synthetic, '--sink', `file:${folder}/out`, '--json']);
    await untilSize(path.join(folder, 'out'), 10_000);
    fs.renameSync(folder, file);
    run.child.kill('SIGHUP');
    await run.until('stderr', (text) => /not opened anew, the file of before is kept: ENOENT/.test(text));
    run.child.kill('SIGTERM');
    const result = await run.end();
    expect(linesOf(path.join(file, 'out')).events).toBe(summaryOf(result).delivered);
    expect(result.code).toBe(0);
  });

  test('a named pipe without a reader that took the place of the file is no reason to stand still', async () => {
    const run = new Tapio([...synthetic, '--sink', `file:${file}`, '--json']);
    await untilSize(file, 10_000);
    fs.renameSync(file, `${file}.1`);
    execFileSync('mkfifo', [file]);
    run.child.kill('SIGHUP');
    await run.until('stderr', (text) => /not opened anew, the file of before is kept: ENXIO/.test(text));
    run.child.kill('SIGTERM');
    const result = await run.end();
    expect(linesOf(`${file}.1`).events).toBe(summaryOf(result).delivered);
    expect(result.code).toBe(0);
  });

  test('a named pipe is waited for, and SIGHUP ends its run', async () => {
    execFileSync('mkfifo', [file]);
    const run = new Tapio([...synthetic, '--sink', `file:${file}`, '--json']);
    const reader = fs.createReadStream(file, 'utf8');
    let text = '';
    reader.on('data', (chunk) => (text += String(chunk)));
    await once(reader, 'data');
    run.child.kill('SIGHUP');
    const result = await run.end();
    if (!reader.readableEnded) await once(reader, 'end');
    expect(text.trimEnd().split('\n').map(eventFromJSON).length).toBe(summaryOf(result).delivered);
    expect(result.code).toBe(0);
  });
});

describe('the file that is read is not written to', () => {
  const content = `${eventToJSON(createEvent({ type: 'kept', source: 'test' }))}\n`.repeat(3);
  const stdin = 'tapio collect --source stdin --json';
  beforeEach(() => {
    fs.writeFileSync(file, content);
    fs.linkSync(file, path.join(directory, 'hard'));
    fs.symlinkSync(file, path.join(directory, 'soft'));
  });

  test.each([
    [`--sink file:out.ndjson < out.ndjson`, '--sink "file:out.ndjson" is'],
    [`--sink file:hard < out.ndjson`, '--sink "file:hard" is'],
    [`--sink file:out.ndjson < soft`, '--sink "file:out.ndjson" is'],
    [`--sink file:soft --append < hard`, '--sink "file:soft" is'],
    [`--sink file:/dev/stdin < hard`, '--sink "file:/dev/stdin" is'],
    [`--sink stdout < hard >> soft`, 'standard output is'],
  ])('%s', (options, message) => {
    const { status, stderr } = shell(`${stdin} ${options}`);
    expect(stderr).toBe(
      `tapio collect: ${message} the file that --source stdin reads\nsee tapio collect --help\n`,
    );
    expect(status).toBe(2);
    expect(fs.readFileSync(file, 'utf8')).toBe(content);
  });

  test('nor by messages', () => {
    const { status } = shell(`${stdin} < hard 2>> soft`);
    expect(status).toBe(2);
  });

  test('another file with the same content is no reason', () => {
    fs.copyFileSync(file, path.join(directory, 'copy'));
    const { status, summary } = shell(`${stdin} --sink file:copy < out.ndjson`);
    expect({ status, delivered: summary.delivered }).toEqual({ status: 0, delivered: 3 });
  });
});

/** Resolves when the file is there and has so many bytes. */
async function untilSize(name: string, bytes: number): Promise<void> {
  const folder = path.dirname(name);
  const isLarge = (): boolean => (fs.statSync(name, { throwIfNoEntry: false })?.size ?? 0) >= bytes;
  if (isLarge()) return;
  await new Promise<void>((resolve) => {
    const watcher = fs.watch(folder, () => {
      if (!isLarge()) return;
      watcher.close();
      resolve();
    });
  });
}
