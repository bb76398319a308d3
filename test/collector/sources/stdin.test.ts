import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { createEvent, eventFromJSON, eventToJSON, type UnifiedEvent } from '@tapio/performance';
import { endAll, main, summaryOf, Tapio, tapio } from '../cli';

afterEach(endAll);

const events = (count: number): UnifiedEvent[] =>
  Array.from({ length: count }, (_, index) =>
    createEvent({
      type: 'test.line',
      source: 'test',
      message: `line ${index} \u{1f600}`,
      kernel: { pid: index, comm: 'test' },
      attributes: { index },
    }),
  );
const ndjson = (list: UnifiedEvent[]): string => list.map((event) => `${eventToJSON(event)}\n`).join('');
const stdin = ['collect', '--source', 'stdin'];

test('events pass unchanged and in order, and the run ends with the input', async () => {
  const sent = events(3000);
  const result = await tapio([...stdin, '--sink', 'stdout', '--json'], ndjson(sent));
  expect(result.code).toBe(0);
  // On a busy machine it takes more than a second, and tells how it goes.
  expect(result.stderr).not.toMatch(/[a-z]: /);
  const summary = summaryOf(result);
  expect(summary).toMatchObject({ produced: 3000, delivered: 3000, dropped: 0 });
  // These events carry a time of their own, which says nothing about this run.
  expect(summary.latencyMicros).toEqual({ p50: null, p99: null });
  const received = result.stdout.trimEnd().split('\n').slice(0, -1).map(eventFromJSON);
  const byId = new Map(received.map((event) => [event.id, event]));
  expect(byId.size).toBe(received.length);
  expect(sent.map(({ id }) => byId.get(id))).toEqual(sent);
});

test('input is held back, not dropped, while a tiny buffer is full', async () => {
  const result = await tapio(
    [...stdin, '--buffer-size', '1024', '--sink', 'stdout', '--json'],
    ndjson(events(5000)),
  );
  expect(summaryOf(result)).toMatchObject({ produced: 5000, delivered: 5000, dropped: 0 });
  expect(result.code).toBe(0);
});

test('malformed lines are counted, reported with their number, and skipped', async () => {
  const good = events(4).map(eventToJSON);
  const input = [
    good[0],
    '{"id": "broken',
    '',
    good[1],
    '[]',
    '{"id":"a","type":"t","source":"s","timestamp":"yesterday"}',
    good[2],
    '\u0000\ufffd',
    good[3],
  ].join('\n');
  const result = await tapio([...stdin, '--json'], input);
  expect(result.code).toBe(0);
  expect(summaryOf(result)).toMatchObject({
    produced: 4,
    delivered: 4,
    sources: { stdin: { produced: 4, dropped: 0, malformed: 4 } },
  });
  const reported = [...result.stderr.matchAll(/^tapio: stdin: line (\d+) skipped: /gm)].map(
    ([, line]) => line,
  );
  expect(reported).toEqual(['2', '5', '6', '8']);
});

test('an event the buffer refuses as invalid is a malformed line too', async () => {
  const [before, after] = events(2).map(eventToJSON);
  const bad = before.replace(/"pid":\d+/, '"pid":-1');
  expect(bad).not.toBe(before);
  const huge = after.replace('line 1', 'x'.repeat(200_000));
  const result = await tapio([...stdin, '--json'], [before, bad, huge, after].join('\n'));
  expect(summaryOf(result)).toMatchObject({
    produced: 2,
    delivered: 2,
    dropped: 0,
    sources: { stdin: { produced: 2, malformed: 2 } },
  });
  expect(result.stderr).toMatch(/line 2 skipped: .*pid/);
  expect(result.stderr).toMatch(/line 3 skipped: /);
  expect(result.code).toBe(0);
});

test('very many malformed lines do not flood stderr', async () => {
  const result = await tapio([...stdin, '--json'], 'no event\n'.repeat(20_000));
  expect(summaryOf(result).sources.stdin).toEqual({ produced: 0, dropped: 0, malformed: 20_000 });
  expect(result.stderr.split('\n').length).toBeLessThan(30);
  expect(result.stderr).toMatch(/\d+ more/);
  expect(result.code).toBe(0);
});

test('a regular file and an empty device are read to their end', () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-'));
  const file = path.join(directory, 'in.ndjson');
  fs.writeFileSync(file, ndjson(events(700)));
  for (const [input, count] of [
    [file, 700],
    [os.devNull, 0],
  ] as const) {
    const fd = fs.openSync(input, 'r');
    const child = spawnSync(process.execPath, [main, ...stdin, '--json'], {
      stdio: [fd, 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    fs.closeSync(fd);
    expect(child.status).toBe(0);
    expect(JSON.parse(child.stdout)).toMatchObject({ produced: count, delivered: count });
  }
  fs.rmSync(directory, { recursive: true });
});

test('Ctrl-C ends a run whose input stays open', async () => {
  const run = new Tapio([...stdin, '--sink', 'stdout', '--json']);
  run.child.stdin.write(ndjson(events(10)));
  await run.until('stdout', (text) => text.split('\n').length > 10);
  run.child.kill('SIGINT');
  const result = await run.end();
  expect(result.code).toBe(0);
  expect(summaryOf(result)).toMatchObject({ produced: 10, delivered: 10 });
});
