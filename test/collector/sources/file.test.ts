import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { seed, randomness } from '../../event/seed';
import { endAll, summaryOf, Tapio, tapio, type Result } from '../cli';

let directory: string;
let log: string;
/** Closed with the test, also one that has failed. */
const watchers: fs.FSWatcher[] = [];

beforeEach(() => {
  directory = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-files-')));
  log = path.join(directory, 'app.log');
});

afterEach(() => {
  endAll();
  for (const watcher of watchers.splice(0)) watcher.close();
  fs.rmSync(directory, { recursive: true });
});

const line = (id: string | number): string =>
  `{"id":"${id}","timestamp":"2026-11-28T10:00:00Z","type":"test.line","source":"test"}\n`;
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => line(from + i)).join('');
const idsOf = (output: string): string[] => [...output.matchAll(/"id":"([^"]*)"/g)].map(([, id]) => id);
const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `${from + i}`);
const at = (name: string): string => path.join(directory, name);

/** Follows files, showing their events on stdout. */
class Following {
  readonly run: Tapio;
  private readonly known: string[] = [];
  private knownUpTo = 0;

  constructor(pattern: string, ...options: string[]) {
    this.run = new Tapio([
      'collect',
      '--source',
      `file:${pattern}`,
      '--sink',
      'stdout',
      '--json',
      ...options,
    ]);
  }

  /** Of the whole lines so far. */
  get ids(): string[] {
    const { stdout } = this.run.output;
    const end = stdout.lastIndexOf('\n') + 1;
    this.known.push(...idsOf(stdout.slice(this.knownUpTo, end)));
    this.knownUpTo = end;
    return this.known;
  }

  async has(...ids: (string | number)[]): Promise<void> {
    const missing = new Set(ids.map(String));
    let next = 0;
    await this.run.until('stdout', () => {
      const { ids: seen } = this;
      for (; next < seen.length; next++) missing.delete(seen[next]);
      return missing.size === 0;
    });
  }

  async stop(): Promise<Result> {
    this.run.child.kill('SIGTERM');
    return this.run.end();
  }

  async kill(): Promise<void> {
    this.run.child.kill('SIGKILL');
    await this.run.end();
  }
}

describe('following one file', () => {
  test('what is there and what comes passes once and in order, and SIGTERM ends the run', async () => {
    fs.writeFileSync(log, lines(0, 5000));
    const following = new Following(log);
    await following.has(4999);
    fs.appendFileSync(log, lines(5000, 5010));
    await following.has(5009);
    const result = await following.stop();
    expect(result.code).toBe(0);
    expect(following.ids.sort((a, b) => Number(a) - Number(b))).toEqual(numbers(0, 5010));
    expect(summaryOf(result)).toMatchObject({
      produced: 5010,
      delivered: 5010,
      sources: { file: { produced: 5010, dropped: 0, malformed: 0 } },
    });
  });

  test('--duration ends the run', async () => {
    fs.writeFileSync(log, line(1));
    const result = await tapio(['collect', '--source', `file:${log}`, '--duration', '0.5', '--json']);
    expect(result.code).toBe(0);
    expect(summaryOf(result).delivered).toBe(1);
  });

  test('--from end begins behind what is there, and leaves out a line that is being written', async () => {
    fs.writeFileSync(log, line('old') + line('torn').slice(0, 20));
    const following = new Following(log, '--from', 'end', '--source', `file:${at('other')}`);
    await following.run.started('stderr');
    fs.appendFileSync(log, line('torn').slice(20) + line('new'));
    await following.has('new');
    // A file that comes later is read whole.
    fs.writeFileSync(at('other'), line('later'));
    await following.has('later');
    await following.stop();
    expect(following.ids).toEqual(['new', 'later']);
  });

  test('a line waits for its end, however many pieces it comes in', async () => {
    const whole = Buffer.from(line('gr\u00fcn \u{1f600}'));
    fs.writeFileSync(log, line('first'));
    const following = new Following(log);
    await following.has('first');
    for (const byte of whole) fs.appendFileSync(log, Buffer.of(byte));
    fs.appendFileSync(log, line('last'));
    await following.has('last');
    const result = await following.stop();
    expect(following.ids).toEqual(['first', 'gr\u00fcn \u{1f600}', 'last']);
    expect(summaryOf(result).sources.file.malformed).toBe(0);
  });

  test('a renamed file is read to its end, also what its writer still adds, and then the new one', async () => {
    fs.writeFileSync(log, line(1));
    const following = new Following(log);
    await following.has(1);
    const writer = fs.openSync(log, 'a');
    fs.renameSync(log, at('app.log.1'));
    fs.writeSync(writer, line(2));
    fs.writeFileSync(log, line(3));
    await following.has(2, 3);
    fs.writeSync(writer, line(4));
    fs.closeSync(writer);
    fs.appendFileSync(log, line(5));
    await following.has(4, 5);
    await following.stop();
    expect(following.ids.sort()).toEqual(['1', '2', '3', '4', '5']);
  });

  test('of a file that is copied and cut nothing is lost and nothing comes twice', async () => {
    fs.writeFileSync(log, lines(0, 100));
    const following = new Following(log);
    await following.has(99);
    // All in one turn of this thread: the follower may see the cut before it sees the line.
    fs.appendFileSync(log, line(100));
    fs.copyFileSync(log, at('app.log.1'));
    fs.truncateSync(log);
    fs.appendFileSync(log, lines(101, 103));
    await following.has(102);
    await following.stop();
    expect(following.ids.sort((a, b) => Number(a) - Number(b))).toEqual(numbers(0, 103));
  });

  test('a file that was cut and has grown past the place of reading is read from its start', async () => {
    fs.writeFileSync(log, line('a'));
    const following = new Following(log);
    await following.has('a');
    const fd = fs.openSync(log, 'r+');
    fs.ftruncateSync(fd);
    fs.writeSync(fd, lines(0, 50));
    fs.closeSync(fd);
    await following.has(49);
    await following.stop();
    expect(following.ids).toEqual(['a', ...numbers(0, 50)]);
  });

  test('a file may go and come, with its directory, and come only later', async () => {
    const deep = path.join(directory, 'deep', 'app.log');
    const following = new Following(deep);
    await following.run.until('stderr', (text) => text.includes('nothing there yet'));
    fs.mkdirSync(path.dirname(deep));
    fs.writeFileSync(deep, line(1));
    await following.has(1);
    fs.rmSync(path.dirname(deep), { recursive: true });
    fs.mkdirSync(path.dirname(deep));
    fs.writeFileSync(deep, line(2));
    await following.has(2);
    fs.rmSync(deep);
    fs.writeFileSync(deep, line(3));
    await following.has(3);
    await following.stop();
    expect(following.ids).toEqual(['1', '2', '3']);
  });

  test('a symbolic link is followed to what it points at, whichever that is', async () => {
    fs.mkdirSync(at('real'));
    fs.writeFileSync(at('real/1.log'), line(1));
    fs.symlinkSync('real/1.log', log);
    const following = new Following(log);
    await following.has(1);
    fs.appendFileSync(at('real/1.log'), line(2));
    await following.has(2);
    fs.writeFileSync(at('real/2.log'), line(3));
    fs.rmSync(log);
    fs.symlinkSync('real/2.log', log);
    await following.has(3);
    await following.stop();
    expect(following.ids).toEqual(['1', '2', '3']);
  });
});

describe('bad input', () => {
  test('a line of no event, and one that is too long, are counted and told with their place', async () => {
    const long = 'x'.repeat(70 * 1024 * 1024);
    fs.writeFileSync(log, `${line(1)}no event\n${long}\n${line(2)}`);
    const following = new Following(log);
    await following.has(2);
    const result = await following.stop();
    expect(following.ids).toEqual(['1', '2']);
    expect(summaryOf(result).sources.file.malformed).toBe(2);
    expect(result.stderr).toContain(`${JSON.stringify(log)} at byte ${line(1).length}: `);
    expect(result.stderr).toMatch(
      new RegExp(`at byte ${line(1).length + 'no event\n'.length}: .*longer than \\d+ bytes`),
    );
  });

  test('a directory, a pipe and the sink itself are told and not read; the other files are', async () => {
    fs.mkdirSync(at('a.d'));
    execFileSync('mkfifo', [at('b.pipe')]);
    fs.writeFileSync(at('c.log'), line(1));
    const sink = at('sink.log');
    const run = new Tapio(['collect', '--source', `file:${directory}/*`, '--sink', `file:${sink}`, '--json']);
    await run.until('stderr', (text) => ['a.d', 'b.pipe', 'sink.log'].every((name) => text.includes(name)));
    const watcher = fs.watch(sink);
    try {
      while (!fs.readFileSync(sink, 'utf8').endsWith('\n')) await once(watcher, 'change');
    } finally {
      watcher.close();
    }
    run.child.kill('SIGTERM');
    const result = await run.end();
    expect(result.stderr).toMatch(/a\.d": is a directory/);
    expect(result.stderr).toMatch(/b\.pipe": is no regular file/);
    expect(result.stderr).toMatch(/sink\.log": is written by this run/);
    expect(idsOf(fs.readFileSync(sink, 'utf8'))).toEqual(['1']);
    expect(result.code).toBe(0);
  });

  test('a file of positions that is none ends the run before anything is read', async () => {
    fs.writeFileSync(log, line(1));
    fs.writeFileSync(at('positions'), '{"version":1,"files":[{}]}');
    const options = ['--source', `file:${log}`, '--positions', at('positions'), '--json'];
    const result = await tapio(['collect', ...options]);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/^tapio collect: [^\n]*positions is no position file[^\n]*\n$/);
    expect(result.stdout).toBe('');
    expect(fs.readFileSync(at('positions'), 'utf8')).toBe('{"version":1,"files":[{}]}');
  });
});

describe('a file of positions is refused before anything is written', () => {
  const old = '{"version":1,"files":[]}\n';
  const run = (positions: string, ...options: string[]): Promise<Result> =>
    tapio([
      'collect',
      '--source',
      `file:${log}`,
      '--positions',
      at(positions),
      '--duration',
      '1',
      ...options,
    ]);

  test.each([
    ['positions', 'positions'],
    ['positions', 'soft'],
    ['hard', 'positions'],
    ['new', 'new'],
    ['new', 'dangling'],
  ])('where it is the sink: %s, %s', async (positions, sink) => {
    fs.writeFileSync(log, line(1));
    fs.writeFileSync(at('positions'), old);
    fs.symlinkSync(at('positions'), at('soft'));
    fs.symlinkSync(at('new'), at('dangling'));
    fs.linkSync(at('positions'), at('hard'));
    const { code, stderr } = await run(positions, '--sink', `file:${at(sink)}`);
    expect(stderr).toMatch(/--positions "[^"]*" is the file of --sink "file:/);
    expect(code).toBe(2);
    expect(fs.readFileSync(at('positions'), 'utf8')).toBe(old);
    expect(fs.existsSync(at('new'))).toBe(false);
  });

  test('where it is what is read', async () => {
    fs.writeFileSync(log, line(1));
    const { code, stderr } = await run('app.log');
    expect(stderr).toMatch(/is the file of --source "file:/);
    expect(code).toBe(2);
    expect(fs.readFileSync(log, 'utf8')).toBe(line(1));
  });

  test('where it cannot be written, and the sink is not emptied', async () => {
    fs.writeFileSync(log, line(1));
    fs.writeFileSync(at('out'), 'kept\n');
    const { code, stderr, stdout } = await run('missing/positions', '--sink', `file:${at('out')}`);
    expect(stderr).toMatch(/^tapio collect: positions cannot be written: ENOENT[^\n]*\n$/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(fs.readFileSync(at('out'), 'utf8')).toBe('kept\n');
  });
});

describe('positions', () => {
  const positions = (): string[] => ['--positions', at('positions')];

  test('a run goes on where the one before ended, also in a file that was renamed meanwhile', async () => {
    fs.writeFileSync(log, lines(0, 10));
    const first = new Following(log, ...positions());
    await first.has(9);
    await first.stop();
    fs.appendFileSync(log, lines(10, 12));
    fs.renameSync(log, at('app.log.1'));
    fs.writeFileSync(log, lines(12, 14));
    const second = new Following(log, ...positions());
    await second.has(13);
    await second.stop();
    expect(second.ids).toEqual(numbers(10, 14));
  });

  test('a file that was copied and cut between two runs is gone on with in the copy', async () => {
    fs.writeFileSync(log, lines(0, 10));
    const first = new Following(log, ...positions());
    await first.has(9);
    await first.stop();
    fs.appendFileSync(log, lines(10, 12));
    fs.copyFileSync(log, at('app.log.1'));
    fs.truncateSync(log);
    fs.appendFileSync(log, lines(12, 40));
    const second = new Following(log, ...positions(), '--from', 'end');
    await second.has(39);
    await second.stop();
    expect(second.ids).toEqual(numbers(10, 40));
  });

  test('another file under the same inode is read from its start', async () => {
    fs.writeFileSync(log, lines(0, 10));
    const first = new Following(log, ...positions());
    await first.has(9);
    await first.stop();
    // The inode stays, as it does where a file system gives a freed one to the next file.
    fs.writeFileSync(log, lines(100, 150));
    const second = new Following(log, ...positions());
    await second.has(149);
    await second.stop();
    expect(second.ids).toEqual(numbers(100, 150));
  });

  test('a line that is torn at the end of a run comes whole in the next', async () => {
    fs.writeFileSync(log, line(1) + line(2).slice(0, 30));
    const first = new Following(log, ...positions());
    await first.has(1);
    const { stderr } = await first.stop();
    expect(stderr).not.toContain('skipped');
    fs.appendFileSync(log, line(2).slice(30));
    const second = new Following(log, ...positions());
    await second.has(2);
    await second.stop();
    expect(second.ids).toEqual(['2']);
  });

  test('positions are those of what is in the sink, not of what waits for it', async () => {
    // More than what pipes and rings hold, into a reader that does not read.
    const count = 200_000;
    fs.writeFileSync(log, lines(0, count));
    const run = new Tapio([
      ...['collect', '--source', `file:${log}`, '--sink', 'stdout', '--buffer-size', '65536'],
      ...positions(),
    ]);
    run.child.stdout.pause();
    // The first look at the figures shows that it runs.
    await run.started('stderr');
    run.child.kill('SIGKILL');
    run.child.stdout.resume();
    const { stdout } = await run.end();
    const seen = idsOf(stdout.slice(0, stdout.lastIndexOf('\n')));
    expect(seen.length).toBeLessThan(count);
    const rest = new Following(log, ...positions());
    await rest.has(count - 1);
    await rest.stop();
    expect(new Set([...seen, ...rest.ids])).toEqual(new Set(numbers(0, count)));
  });
});

describe('the unread rest of a file that has left its path', () => {
  /** Lines enough that a run which is stopped soon leaves most of them. */
  const long = 100_000;
  const start = (): Tapio => {
    const sink = ['--sink', `file:${at('out')}`, '--append', '--json'];
    return new Tapio(['collect', '--source', `file:${log}`, '--positions', at('positions'), ...sink]);
  };
  const size = (): number => fs.statSync(at('out'), { throwIfNoEntry: false })?.size ?? 0;
  const received = (): string[] => idsOf(fs.readFileSync(at('out'), 'utf8'));
  const end = (run: Tapio, signal: NodeJS.Signals): Promise<Result> => {
    run.child.kill(signal);
    return run.end();
  };
  /** Runs until something has come, calls `meanwhile` then, and stops long before the end of the file. */
  const runShortly = async (meanwhile = (): void => {}): Promise<void> => {
    const before = size();
    const run = start();
    await until('out', () => size() > before);
    meanwhile();
    expect(await end(run, 'SIGTERM')).toMatchObject({
      code: 0,
      stderr: expect.not.stringContaining('any more'),
    });
  };
  /** Runs until the line has come. */
  const runUpTo = async (id: number): Promise<Result> => {
    const run = start();
    await until('out', () => endOf(at('out')).includes(`"id":"${id}"`));
    return end(run, 'SIGTERM');
  };

  test.each<[string, (round: number) => void]>([
    ['renamed', (round) => round === 0 && fs.renameSync(log, at('app.log.1'))],
    [
      'renamed again and again',
      (round) => fs.renameSync(round === 0 ? log : at(`app.log.${round}`), at(`app.log.${round + 1}`)),
    ],
    [
      'copied and cut',
      (round) => {
        if (round > 0) return;
        fs.copyFileSync(log, at('app.log.1'));
        fs.truncateSync(log);
      },
    ],
    [
      'moved while it is read, and renamed there',
      (round) => round > 0 && fs.renameSync(at(`old/${round - 1}`), at(`old/${round}`)),
    ],
  ])('is read over any number of restarts: %s', async (how, rotate) => {
    fs.mkdirSync(at('old'));
    fs.writeFileSync(log, lines(0, long));
    await runShortly(() => how.startsWith('moved') && fs.renameSync(log, at('old/0')));
    for (let round = 0; round < 3; round++) {
      rotate(round);
      if (round === 0) fs.appendFileSync(log, lines(long, long + 10));
      await runShortly();
      expect(received().length).toBeLessThan(long);
    }
    const { stderr } = await runUpTo(long + 9);
    expect(stderr).not.toContain('any more');
    const ids = received();
    expect(ids.length).toBe(long + 10);
    expect(new Set(ids)).toEqual(new Set(numbers(0, long + 10)));
  });

  test('is told once when the file is gone', async () => {
    fs.writeFileSync(log, lines(0, long));
    await runShortly();
    fs.rmSync(log);
    fs.writeFileSync(log, lines(long, long + 10));
    const gone = /app\.log": the file that was read up to byte \d+ by an earlier run is not in/;
    const first = await runUpTo(long + 9);
    fs.appendFileSync(log, line(long + 10));
    const second = await runUpTo(long + 10);
    expect([first, second].map(({ stderr }) => gone.test(stderr))).toEqual([true, false]);
  });

  test(`is read when every run is killed soon after a rotation (SEED=${seed})`, async () => {
    const random = randomness(seed);
    const each = 30_000;
    const rotations = 8;
    fs.writeFileSync(log, lines(0, each));
    let run = start();
    for (let rotated = 1; rotated <= rotations; rotated++) {
      const key = `"inode":"${fs.statSync(log).ino}"`;
      const positions = at('positions');
      await until('positions', () => fs.readFileSync(positions, 'utf8').includes(key));
      if (random() < 0.7) {
        await end(run, random() < 0.8 ? 'SIGKILL' : 'SIGTERM');
        run = start();
      }
      fs.renameSync(log, at(`app.log.${rotated}`));
      fs.writeFileSync(log, lines(rotated * each, (rotated + 1) * each));
    }
    const last = (rotations + 1) * each - 1;
    await until('out', () => endOf(at('out')).includes(`"id":"${last}"`));
    await end(run, 'SIGTERM');
    const seen = new Set(received());
    expect(numbers(0, last + 1).filter((id) => !seen.has(id))).toEqual([]);
  }, 90_000);
});

/** Until the test is true of a file in the directory, which is looked at whenever something happens there. */
async function until(name: string, test: () => boolean): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const look = (): void => {
      try {
        if (!fs.existsSync(at(name)) || !test()) return;
        resolve();
      } catch (error) {
        reject(new Error(String(error)));
      }
      watcher.close();
    };
    const watcher = fs.watch(directory, look);
    watchers.push(watcher);
    look();
  });
}

/** Some last lines. */
function endOf(file: string): string {
  const fd = fs.openSync(file, 'r');
  const bytes = Buffer.alloc(4096);
  const from = Math.max(0, fs.fstatSync(fd).size - bytes.length);
  const length = fs.readSync(fd, bytes, 0, bytes.length, from);
  fs.closeSync(fd);
  return bytes.toString('utf8', 0, length);
}

describe('patterns', () => {
  test('many files, old and new, are read in one worker', async () => {
    for (let i = 0; i < 200; i++) fs.writeFileSync(at(`${i}.log`), line(`old-${i}`));
    fs.writeFileSync(at('readme.txt'), line('no log'));
    fs.writeFileSync(at('.hidden.log'), line('hidden'));
    const following = new Following(`${directory}/*.log`);
    await following.has(...numbers(0, 200).map((i) => `old-${i}`));
    for (let i = 0; i < 200; i++) {
      fs.appendFileSync(at(`${i}.log`), line(`more-${i}`));
      fs.writeFileSync(at(`new-${i}.log`), line(`new-${i}`));
    }
    await following.has(...numbers(0, 200).flatMap((i) => [`more-${i}`, `new-${i}`]));
    await following.stop();
    expect(following.ids).toHaveLength(600);
  });

  test('directories of a pattern may come later', async () => {
    const following = new Following(`${directory}/pods/*/[ab]?.log`);
    await following.run.started('stderr');
    fs.mkdirSync(at('pods/x'), { recursive: true });
    fs.writeFileSync(at('pods/x/a1.log'), line(1));
    fs.writeFileSync(at('pods/x/c1.log'), line('no'));
    await following.has(1);
    fs.mkdirSync(at('pods/y'));
    fs.writeFileSync(at('pods/y/b2.log'), line(2));
    await following.has(2);
    await following.stop();
    expect(following.ids).toEqual(['1', '2']);
  });
});

test(`random rotations and restarts lose nothing (SEED=${seed})`, async () => {
  const random = randomness(seed);
  const upTo = (limit: number): number => Math.floor(random() * limit);
  const options = ['--positions', at('positions')];
  let following = new Following(log, ...options);
  const seen = new Set<string>();
  let written = 0;
  let rotated = 0;
  let restarted = 0;
  let torn = '';
  const write = (): void => {
    const count = 1 + upTo(300);
    const text = torn + lines(written, written + count);
    written += count;
    const cut = random() < 0.5 ? text.length : text.lastIndexOf('\n', text.length - 2) + 1 + upTo(20);
    torn = text.slice(cut);
    fs.appendFileSync(log, text.slice(0, cut));
  };
  const writeWhole = (): void => {
    fs.appendFileSync(log, torn + line(written++));
    torn = '';
  };
  // Rotated before it was ever seen, a file would be none of this path.
  writeWhole();
  await following.has(0);
  for (let step = 0; step < 40; step++) {
    const choice = random();
    if (choice < 0.6) {
      write();
    } else if (choice < 0.75) {
      writeWhole();
      fs.renameSync(log, at(`app.log.${++rotated}`));
      writeWhole();
      await following.has(written - 1);
    } else if (choice < 0.9) {
      writeWhole();
      fs.copyFileSync(log, at(`app.log.${++rotated}`));
      fs.truncateSync(log);
      writeWhole();
      await following.has(written - 1);
    } else {
      await (random() < 0.7 ? following.kill() : following.stop());
      restarted++;
      for (const id of following.ids) seen.add(id);
      following = new Following(log, ...options);
    }
  }
  writeWhole();
  await following.has(written - 1);
  const result = await following.stop();
  for (const id of following.ids) seen.add(id);
  expect([...numbers(0, written)].filter((id) => !seen.has(id))).toEqual([]);
  expect(summaryOf(result).sources.file.malformed).toBe(0);
  expect(rotated + restarted).toBeGreaterThan(0);
});

test.each(['otlp', 'cloudevents'])(
  'lines that a sink writes for %s are read back by their format',
  async (format) => {
    fs.writeFileSync(at('in.log'), lines(0, 100));
    const sink = ['--sink', `file:${log}`, '--sink-format', format, '--duration', '1', '--json'];
    const written = await tapio(['collect', '--source', `file:${at('in.log')}`, ...sink]);
    expect(summaryOf(written)).toMatchObject({ delivered: 100, dropped: 0 });
    const following = new Following(log, '--format', format);
    await following.run.until('stdout', (text) => text.split('\n').length > 100);
    const result = await following.stop();
    expect(summaryOf(result).sources.file).toMatchObject({ produced: 100, malformed: 0 });
    if (format === 'cloudevents') expect(new Set(following.ids)).toEqual(new Set(numbers(0, 100)));
  },
);

test('records of one event in two files of one path are one event', async () => {
  const record = (type: string, fields: string): string =>
    `type=${type} msg=audit(1795860000.123:7): ${fields}\n`;
  const path = at('audit.log');
  fs.writeFileSync(path, record('SYSCALL', 'arch=c000003e syscall=2 pid=5 comm="cat"'));
  const options = ['--positions', at('positions')];
  const first = new Following(path, ...options);
  await first.run.until('stderr', () => fs.existsSync(at('positions')));
  await first.kill();
  // The record that was held is read again.
  const second = new Following(path, ...options);
  await second.run.started('stderr');
  fs.renameSync(path, at('audit.log.1'));
  fs.writeFileSync(path, record('PROCTITLE', 'proctitle="cat"'));
  await second.run.until('stdout', (text) => text.includes('\n'));
  await second.stop();
  expect(JSON.parse(second.run.output.stdout.split('\n')[0])).toMatchObject({
    id: '1795860000.123:7',
    message: 'cat',
    kernel: { pid: 5 },
  });
});
