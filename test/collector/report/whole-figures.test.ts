/** Whatever the width of a terminal: each figure that it shows, of `tapio collect` and of `tapio top`, is a true one with its unit. */
import fc from 'fast-check';
import type * as TableModule from '../../../dist/collector/report/live-table';
import type * as StatusModule from '../../../dist/collector/report/status';
import type * as SummaryModule from '../../../dist/collector/report/summary';
import type * as FiguresModule from '../../../dist/collector/text/figures';
import type * as ViewModule from '../../../dist/collector/top/top-view';
import { seed } from '../../support/property';
import { internal } from '../cli';

const { renderExports, renderLine, renderTable } = internal<typeof TableModule>('report/live-table');
const { formatSummary } = internal<typeof SummaryModule>('report/summary');
const { renderTop } = internal<typeof ViewModule>('top/top-view');
const { clock, count, micros, percent, shortCount } = internal<typeof FiguresModule>('text/figures');

const WIDTHS = [20, 30, 40, 60, 64, 65, 79, 80, 81, 100, 120, 200];
const ADDRESS = '127.0.0.1:4318';

/** Of any size: each number of digits is as likely. */
const large = fc
  .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat({ max: 11 }))
  .map(([part, digits]) => Math.floor(part * 10 ** digits));
const share = fc.double({ min: 0, max: 1, noNaN: true });
const latency = fc.record({ p50: large, p99: fc.option(large) });
const names = ['java', 'nginx', 'kube-proxy', 'a-process-with-a-long-name'];
const tallies = fc
  .array(fc.tuple(large, large), { minLength: names.length, maxLength: names.length })
  .map((pairs) => pairs.map(([events, rate], index) => ({ name: names[index], count: events, rate })));

const counts = fc.record({
  produced: large,
  delivered: large,
  dropped: large,
  waiting: large,
  malformed: large,
});
const status = fc
  .record({
    counts,
    rates: fc.tuple(large, large),
    elapsedMs: large.map((ms) => ms % 1e8),
    durationMs: fc.option(
      large.map((ms) => ms % 1e8),
      { nil: undefined },
    ),
    clients: fc.nat({ max: 64 }),
    cpu: fc.record({ thread: share.map((part) => part * 100), process: share.map((part) => part * 800) }),
    latency,
    tallies,
    rings: fc.array(fc.tuple(share, large), { minLength: 1, maxLength: 40 }),
    overflow: fc.tuple(share, large),
  })
  .map(({ counts: of, rates, tallies: list, rings, overflow, clients, ...rest }): StatusModule.Status => {
    const source = { ...of, refused: 0, lost: 0 };
    return {
      ...rest,
      title: 'synthetic -> /var/log/collected/events.ndjson, otlp',
      sources: new Map([['synthetic', source]]),
      sourceRates: new Map([['synthetic', rates[1]]]),
      eventsPerSecond: rates[0],
      cpuNote: '',
      produced: of.produced,
      delivered: of.delivered,
      dropped: of.dropped,
      exports: { otlp: { ...of, taken: of.produced, retried: 0, note: `connect ECONNREFUSED ${ADDRESS}` } },
      served: { grpc: { clients, streamed: of.delivered, dropped: of.dropped, discarded: of.waiting } },
      types: list,
      processes: list,
      metrics: {
        ...{ writes: 0, reads: 0, dropped: 0, discarded: 0, closed: false },
        overflows: overflow[1],
        overflowSize: 1,
        overflowUsed: overflow[0],
        cpus: rings.map(([utilization, writes], cpu) => ({
          ...{ cpu, utilization, writes },
          ...{ used: 0, capacity: 1, rejected: 0 },
        })),
      },
    };
  });

/** The ways in which figures are written. */
const ofEvents = (value: number): string[] => [
  count(value),
  ...[1e4, 1e6, 1e9].map((from) => shortCount(value, from)),
];
const ofTime = (value: number | null): string[] => [micros(value), micros(value).replace(' ', '')];
const ofShare = (part: number): string[] => [percent(part), `${Math.round(part)}%`];

function figuresOf(of: StatusModule.Status): Set<string> {
  const { sources, sourceRates, exports, served, types, latency: times, metrics, cpu } = of;
  const { delivered, waiting } = exports.otlp;
  const { clients, dropped: slow, discarded } = served.grpc;
  const { produced, dropped, malformed } = sources.get('synthetic')!;
  const rows = types.flatMap(({ count: events, rate }) => [events, rate]);
  return new Set([
    ADDRESS,
    String(clients),
    ...ofEvents(slow + discarded),
    ...[of.eventsPerSecond, of.delivered, of.dropped, produced, dropped, malformed].flatMap(ofEvents),
    ...[...sourceRates.values(), delivered, waiting, ...rows, metrics.overflows].flatMap(ofEvents),
    ...metrics.cpus.flatMap(({ writes, utilization }) => [
      ...ofEvents(writes),
      ...ofShare(utilization * 100),
    ]),
    ...[cpu.thread, cpu.process, metrics.overflowUsed * 100].flatMap(ofShare),
    ...[times.p50, times.p99].flatMap(ofTime),
    ...[clock(of.elapsedMs), clock(Math.ceil((of.durationMs ?? 0) / 1000) * 1000)],
  ]);
}

/** With their units, as they stand there; without the numbers in labels that are whole. */
function figuresIn(line: string, cpus: number): string[] {
  const rest = line
    .replace(/\bcpu (\d+)(?=\s)/g, (all, id: string) => (Number(id) < cpus ? '' : all))
    .replace(/\bp(?:50|99) /g, '');
  return rest.match(/\d(?:[\d.,:]*\d)?[kMGTP]?(?: ?%| ?[um]?s\b)?/g) ?? [];
}

function expectTrue(
  lines: readonly string[],
  width: number,
  figures: ReadonlySet<string>,
  cpus: number,
): void {
  for (const line of lines) {
    if (line.length > width) throw new Error(`more than ${width} columns: ${line}`);
    const wrong = figuresIn(line, cpus).find((figure) => !figures.has(figure));
    if (wrong !== undefined) throw new Error(`${wrong} is no figure of the run, at ${width}: ${line}`);
  }
}

const forAll = <T>(values: fc.Arbitrary<T>, check: (value: T) => void): void =>
  fc.assert(fc.property(values, check), { seed, numRuns: 60 });

test.each(WIDTHS)(`the table in %d columns (SEED=${seed})`, (columns) => {
  forAll(fc.tuple(status, fc.integer({ min: 1, max: 60 })), ([of, rows]) => {
    const lines = renderTable(of, columns - 1, rows);
    const text = lines.join('\n');
    expectTrue(lines, Math.min(80, columns - 1), figuresOf(of), of.metrics.cpus.length);
    expect(lines.length).toBeLessThanOrEqual(rows);
    expect(lines[0]).toMatch(/^tapio/);
    // The first that has room below the title.
    if (rows >= 3) expect(text).toMatch(/events\/s.*\s.*dropped/);
    if (rows >= 30) expect(text).toMatch(/^grpc +\d+ clients?\s+streamed \S+\s+dropped \d/m);
    if (rows >= 30) expect(text).toMatch(/^otlp +\S+ waiting\s+delivered \S+\s+dropped \d/m);
    if (columns < 65) expect(text).not.toMatch(/\[[-#]/);
  });
});

test(`the lines where there is no terminal (SEED=${seed})`, () => {
  forAll(status, (of) =>
    expectTrue([renderLine(of), ...renderExports(of)], 80, figuresOf(of), of.metrics.cpus.length),
  );
});

const activity = fc
  .record({
    rate: large,
    delivered: large,
    dropped: large,
    latency,
    tallies,
    up: large,
    fill: fc.array(share),
  })
  .map(({ tallies: list, latency: { p50, p99 }, up, fill, ...rest }) => ({
    ...{ ...rest, startedAt: -BigInt(up % 1e8) * 1_000_000n, latency: { p50, p99: p99 ?? p50 } },
    ...{ types: list, processes: list, containers: list },
    fill: [...fill.map((ratio, cpu) => ({ name: `cpu ${cpu}`, ratio })), { name: 'overflow', ratio: 0 }],
  }));

test.each(WIDTHS)(`the view of tapio top in %d columns (SEED=${seed})`, (columns) => {
  forAll(fc.tuple(activity, fc.integer({ min: 1, max: 60 }), fc.boolean()), ([of, rows, isPaused]) => {
    const lines = renderTop(
      {
        ...{ address: ADDRESS, activity: of, rates: [1, 2, 3], now: 0n, isPaused, isUnicode: false },
        ...{ shown: 'all', sort: 'rate' },
      },
      columns,
      rows,
    );
    const figures = new Set([
      ...[ADDRESS, clock(Number(-of.startedAt / 1_000_000n))],
      ...[of.rate, of.delivered, of.dropped].flatMap(ofEvents),
      ...of.types.flatMap(({ count: events, rate }) => [...ofEvents(events), ...ofEvents(rate)]),
      ...of.fill.flatMap(({ ratio }) => ofShare(ratio * 100)),
      ...[of.latency.p50, of.latency.p99].flatMap(ofTime),
    ]);
    expectTrue(lines, columns, figures, of.fill.length);
    if (rows >= 8)
      expect(lines.join('\n')).toMatch(/delivered \d\S*\s+dropped \d\S*\s+(latency )?p50 .*\s+p99 /);
  });
});

test.each(WIDTHS)(`the summary in %d columns (SEED=${seed})`, (columns) => {
  forAll(fc.tuple(status, large), ([of, overflows]) => {
    const { produced, delivered, dropped, cpu } = of;
    const { malformed } = of.sources.get('synthetic')!;
    const summary: SummaryModule.Summary = {
      ...{ produced, delivered, dropped, overflows, droppedBy: { buffer: dropped, sink: 0 } },
      ...{ consumerCpuPercent: cpu.thread, processCpuPercent: cpu.process, latencyMicros: of.latency },
      ...{ durationMs: 5000, eventsPerSecond: of.eventsPerSecond },
      sources: { synthetic: { produced, dropped, malformed } },
    };
    const types = of.types.map((tally): [string, number] => [tally.name, tally.count]);
    const lines = formatSummary(summary, types, { cpu: '' }, columns);
    const taken = types.reduce((sum, [, events]) => sum + events, 0);
    const figures = new Set([
      ...figuresOf(of),
      ...ofEvents(overflows),
      ...types.map(([, events]) => percent((events / taken) * 100)),
      ...['5.0 s', '1', '61'],
    ]);
    expectTrue(lines, columns, figures, 0);
  });
});
