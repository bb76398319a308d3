import fs from 'node:fs';
import path from 'node:path';
import { eventFromJSON } from '@tapio/performance';
import { endAll, summaryOf, tapio } from '../cli';

afterEach(endAll);

/** Of build/test/collector, where this runs. */
const fixtures = path.resolve(__dirname, '..', '..', '..', '..', 'test', 'fixtures', 'formats');
const input = (file: string): string => fs.readFileSync(path.join(fixtures, file), 'utf8');
const stdin = ['collect', '--source', 'stdin', '--json'];

test('lines of other programs come out as events, and it is told whose they are', async () => {
  const result = await tapio(
    [...stdin, '--sink', 'stdout'],
    input('tetragon.ndjson') + input('falco.ndjson'),
  );
  expect(result.code).toBe(0);
  expect(summaryOf(result).sources.stdin).toEqual({ produced: 7, dropped: 0, malformed: 1 });
  const events = result.stdout.trimEnd().split('\n').slice(0, -1).map(eventFromJSON);
  expect(events.map(({ source }) => source).sort()).toEqual([
    ...Array<string>(3).fill('falco'),
    ...Array<string>(4).fill('tetragon'),
  ]);
  expect(events.find(({ type }) => type === 'Read sensitive file')?.timestamp).toBe(1795860000123456789n);
  expect(result.stderr.split('\n')).toEqual([
    'tapio: stdin: line 1 is of the format tetragon: the key process_exec',
    'tapio: stdin: line 5 is of the format falco: rule and priority',
    expect.stringMatching(
      /^tapio: stdin: line 8 skipped: no JSON, and of no known format: "Sat Nov 28 10:00:05 /,
    ),
    '',
  ]);
});

test('what --format names is read and nothing else', async () => {
  const lines = input('tetragon.ndjson') + input('falco.ndjson');
  const result = await tapio([...stdin, '--format', 'falco'], lines);
  expect(summaryOf(result).sources.stdin).toEqual({ produced: 3, dropped: 0, malformed: 5 });
  expect(result.stderr).toContain('line 1 skipped: falco: no rule and priority');
  expect(result.stderr).not.toContain('is of the format');
});

test('lines of a container runtime are unwrapped, parts put together, at the end too', async () => {
  const cut = '2026-11-28T10:00:03.000000001Z stdout P {"level":30,"msg":"the end"}';
  const result = await tapio([...stdin, '--sink', 'stdout'], input('container-wrap.log') + cut);
  expect(summaryOf(result)).toMatchObject({ produced: 4, sources: { stdin: { malformed: 0 } } });
  expect(result.stdout).toContain('"message":"in two parts"');
  expect(result.stdout).toContain('"message":"the end"');
});

test.each([
  [
    ['--source', 'stdin', '--format', 'nope'],
    '--format "nope": there is no such format; known are auto, tapio, tetragon',
  ],
  [['--source', 'proc', '--format', 'falco'], '--format "falco": needs --source stdin'],
])('%j is refused', async (args, message) => {
  const result = await tapio(['collect', ...args]);
  expect(result.code).toBe(2);
  expect(result.stderr).toContain(message);
});

test('text from outside reaches the terminal escaped', async () => {
  const result = await tapio(stdin, '\u001b]0;title\u0007 \u202e no JSON\n{"\u001b[31m":1}\n');
  expect(summaryOf(result).sources.stdin.malformed).toBe(2);
  // eslint-disable-next-line no-control-regex -- they are what must not be there
  expect(result.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(result.stderr).toContain('\\u{1b}]0;title\\u{7} \\u{202e} no JSON');
});
