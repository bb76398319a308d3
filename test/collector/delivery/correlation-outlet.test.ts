/** `tapio collect --correlate`: correlated events beside the others, counted by themselves. */
import fs from 'node:fs';
import { createEvent, eventFromJSON, eventToJSON, type UnifiedEvent } from '@tapio/performance';
import { range } from '../../support/events';
import { endAll, summaryOf, tapio } from '../cli';

afterEach(endAll);

const BURST = 50;
const start = BigInt(Date.now()) * 1_000_000n;
const event = (ms: number, fields: Partial<UnifiedEvent>): string =>
  eventToJSON(createEvent({ source: 'test', timestamp: start + BigInt(ms) * 1_000_000n, ...fields }));

/** Chains of `count` processes, and `count` pods with a burst each. */
const input = (count: number): string =>
  range(0, count)
    .flatMap((i) => [
      event(0, { type: 'process.exec', kernel: { pid: i } }),
      event(1, { type: 'tcp.open', kernel: { pid: i } }),
      event(2, { type: 'application.log', severity: 'error', kernel: { pid: i } }),
      ...range(0, BURST + 5).map((ms) =>
        event(ms, { type: 'network.request', entity: { type: 'pod', name: `pod ${i}` } }),
      ),
    ])
    .map((line) => `${line}\n`)
    .join('');
const collect = ['collect', '--source', 'stdin'];

test('sends them to the sink behind the events they are made of, and counts them apart', async () => {
  const result = await tapio([...collect, '--correlate', '--sink', 'stdout', '--json'], input(20));
  expect(result).toMatchObject({ code: 0, signal: null });
  const produced = 20 * (3 + BURST + 5);
  expect(summaryOf(result)).toMatchObject({
    produced,
    delivered: produced,
    dropped: 0,
    sources: { stdin: { produced, dropped: 0 } },
    correlated: { produced: 40, delivered: 40, dropped: 0, bursts: 20, chains: 20 },
  });
  const seen = new Set<string>();
  const groups: string[] = [];
  for (const line of result.stdout.trimEnd().split('\n').slice(0, -1)) {
    const { id, source, type, correlation } = eventFromJSON(line);
    seen.add(id);
    if (source !== 'correlation') continue;
    expect(correlation?.relatedEvents).toHaveLength(type === 'correlation.chain' ? 3 : BURST);
    for (const related of correlation?.relatedEvents ?? []) expect(seen.has(related)).toBe(true);
    groups.push(`${type} ${correlation?.groupId}`);
  }
  expect(groups.sort()).toEqual(
    range(0, 20)
      .flatMap((i) => [`correlation.chain process:${i}`, `correlation.burst entity:pod ${i}`])
      .sort(),
  );
  expect(seen.size).toBe(produced + 40);
});

test('tells people, too, and only when asked to', async () => {
  const plain = await tapio([...collect, '--correlate'], input(2));
  expect(plain.code).toBe(0);
  expect(plain.stdout).toMatch(/^ {2}correlated {3}2 bursts \+ 2 chains = 4 delivered \+ 0 dropped$/m);
  const without = await tapio([...collect, '--json'], input(2));
  expect(summaryOf(without)).not.toHaveProperty('correlated');
  expect(summaryOf(without).delivered).toBe(2 * (3 + BURST + 5));
});

test('what it has sent is not correlated again', async () => {
  const first = await tapio([...collect, '--correlate', '--sink', 'stdout'], input(2));
  const events = first.stdout.split('\n').filter((line) => line.startsWith('{'));
  const correlated = events.filter((line) => eventFromJSON(line).source === 'correlation');
  expect(correlated).toHaveLength(4);
  const again = await tapio([...collect, '--correlate', '--json'], `${correlated.join('\n')}\n`.repeat(100));
  expect(summaryOf(again)).toMatchObject({ produced: 400, correlated: { produced: 0 } });
});

const full = '/dev/full';
test('a sink that fails loses them, counted apart', async () => {
  if (!fs.existsSync(full)) return console.info(`skipped: no ${full} on this machine`);
  const result = await tapio([...collect, '--correlate', '--sink', `file:${full}`, '--json'], input(20));
  const { produced, delivered, dropped, correlated } = summaryOf(result);
  expect(result.code).toBe(1);
  expect(result.stderr.match(/ENOSPC/g)).toHaveLength(1);
  expect({ delivered, dropped }).toEqual({ delivered: 0, dropped: produced });
  expect(produced).toBeGreaterThan(0);
  expect(correlated).toMatchObject({ delivered: 0, dropped: correlated?.produced });
  expect(correlated?.produced).toBe((correlated?.bursts ?? 0) + (correlated?.chains ?? 0));
});
