/** The collector's parts that need no run: cutting lines, pacing, limiting reports, counting, rendering. */
import type * as LimitedReportModule from '../../dist/collector/limited-report';
import type * as LinesModule from '../../dist/event/ndjson-lines';
import type * as PacerModule from '../../dist/collector/pacer';
import type * as TableModule from '../../dist/collector/live-table';
import type * as ShortfallModule from '../../dist/collector/rate-shortfall';
import type * as StatusModule from '../../dist/collector/status';
import type * as SummaryModule from '../../dist/collector/summary';
import type * as EventMixModule from '../../dist/collector/synthetic/event-mix';
import type * as RandomModule from '../../dist/collector/synthetic/random';
import type * as TallyModule from '../../dist/collector/name-tally';
import type * as FormatModule from '../../dist/collector/text-format';
import { encodeEvent } from '@tapio/performance';
import { internal } from './cli';

const { LimitedReport } = internal<typeof LimitedReportModule>('limited-report');
const { NdjsonLines } = internal<typeof LinesModule>('../event/ndjson-lines');
const { Pacer } = internal<typeof PacerModule>('pacer');
const { renderExports, renderLine, renderTable } = internal<typeof TableModule>('live-table');
const { conservationErrors } = internal<typeof SummaryModule>('summary');
const { rateShortfall } = internal<typeof ShortfallModule>('rate-shortfall');
const { EventMix } = internal<typeof EventMixModule>('synthetic/event-mix');
const { Random } = internal<typeof RandomModule>('synthetic/random');
const { NameTally } = internal<typeof TallyModule>('name-tally');
const { bar, clock, count, fit, micros } = internal<typeof FormatModule>('text-format');

const seed = Number(process.env.SEED ?? Date.now()) >>> 0;

describe('NdjsonLines', () => {
  test('any cut of the input gives the same lines', () => {
    console.info(`SEED=${seed}`);
    const random = new Random(seed);
    const input = Buffer.from('\ufeff{"a":1}\r\n\n  \nz\u00fcrich \u{1f600}\nlast');
    const expected = [
      { number: 1, start: 0, end: 12, text: '{"a":1}\r' },
      { number: 4, start: 16, end: 29, text: 'z\u00fcrich \u{1f600}' },
      { number: 5, start: 29, end: 33, text: 'last' },
    ];
    for (let round = 0; round < 300; round++) {
      const lines = new NdjsonLines();
      const found = [];
      for (let start = 0; start < input.length;) {
        const chunk = Buffer.from(input.subarray(start, start + random.below(6)));
        start += chunk.length;
        found.push(...lines.push(chunk));
        chunk.fill(0x23); // what was kept is a copy
      }
      expect([...found, ...lines.end()]).toEqual(expected);
    }
  });

  test('a line over the limit is skipped without being kept', () => {
    const lines = new NdjsonLines(8);
    expect(lines.push(Buffer.from('12345678\n123456789\nok\n'))).toEqual([
      { number: 1, start: 0, end: 9, text: '12345678' },
      { number: 2, start: 9, end: 19, text: undefined },
      { number: 3, start: 19, end: 22, text: 'ok' },
    ]);
    for (let part = 0; part < 10; part++) expect(lines.push(Buffer.from('123'))).toEqual([]);
    expect(lines.push(Buffer.from('\nend'))).toEqual([{ number: 4, start: 22, end: 53, text: undefined }]);
    expect(lines.end()).toEqual([{ number: 5, start: 53, end: 56, text: 'end' }]);
    expect(lines.end()).toEqual([]);
  });
});

describe('Pacer', () => {
  test('the mean is exact whatever the ticks', () => {
    const random = new Random(seed);
    for (const rate of [1, 7.5, 1000, 165_000]) {
      const pacer = new Pacer(rate);
      let now = 0;
      let taken = 0;
      while (now < 20_000) {
        now = Math.min(20_000, now + random.fraction() * 30);
        taken += pacer.take(now, Infinity);
        expect(taken).toBe(Math.floor((now / 1000) * rate + 1e-6));
      }
      expect(taken).toBe(20 * rate);
    }
  });

  test('what exceeds the limit stays owed, what exceeds the backlog does not', () => {
    const pacer = new Pacer(1000, 500);
    expect(pacer.take(100, 30)).toBe(30);
    expect(pacer.take(100, 100)).toBe(70);
    expect(pacer.take(60_000, Infinity)).toBe(500);
    expect(pacer.take(60_100, Infinity)).toBe(100);
    expect(pacer.untilNext(60_100)).toBeCloseTo(1);
  });
});

test('LimitedReport shows the first at once, then one a second, and counts the rest', () => {
  const shown: string[] = [];
  let now = 0;
  const report = new LimitedReport(
    (text) => shown.push(text),
    () => now,
  );
  for (let index = 0; index < 100; index++) report.report(`r${index}`);
  expect(shown).toEqual(Array.from({ length: 10 }, (_, index) => `r${index}`));
  now = 1500;
  report.report('later');
  report.report('too soon');
  report.end();
  report.end();
  expect(shown.slice(10)).toEqual(['later (and 90 more since the last report)', '1 more like these']);
});

test('NameTally has a bound on types', () => {
  const tally = new NameTally();
  for (let index = 0; index < 1000; index++) tally.add(`type ${index}`);
  for (let index = 0; index < 5; index++) tally.add('type 3');
  tally.add('__proto__');
  expect(tally.top(1)).toEqual([
    ['type 3', 6],
    ['(other)', 1000],
  ]);
});

describe('EventMix', () => {
  const kinds = (from: number): string[] => {
    const mix = new EventMix(new Random(from));
    return Array.from({ length: 2000 }, () => {
      const { type, kernel, network, message, severity } = mix.next(1n);
      return JSON.stringify([type, kernel, network, message, severity]);
    });
  };

  test('the same seed gives the same mix', () => {
    expect(kinds(seed)).toEqual(kinds(seed));
    expect(kinds(seed)).not.toEqual(kinds(seed + 1));
  });

  test('every event can be encoded, and 64 in a row are 64 objects', () => {
    const mix = new EventMix(new Random(seed));
    const target = new Uint8Array(65_536);
    for (let batch = 0; batch < 50; batch++) {
      const events = Array.from({ length: 64 }, () => mix.next(123n));
      expect(new Set(events).size).toBe(64);
      expect(new Set(events.map(({ id }) => id)).size).toBe(64);
      for (const event of events) expect(encodeEvent(event, target)).toBeGreaterThan(0);
    }
  });
});

describe('conservationErrors', () => {
  const sources = new Map([
    ['synthetic', { produced: 100, dropped: 10, refused: 12, malformed: 0, lost: 0 }],
  ]);
  const sink = { delivered: 85, lost: 5 };
  const metrics = {
    writes: 90,
    reads: 90,
    overflows: 0,
    dropped: 12,
    discarded: 0,
    overflowSize: 0,
    overflowUsed: 0,
    closed: false,
    cpus: [],
  };

  test('correlated events that are neither delivered nor dropped are told', () => {
    const correlated = { produced: 3, delivered: 1, dropped: 1, bursts: 3, chains: 0 };
    expect(conservationErrors(sources, sink, metrics, correlated)).toEqual([
      'counts disagree: correlated events 3, delivered + dropped 2',
    ]);
    expect(conservationErrors(sources, sink, metrics, { ...correlated, dropped: 2 })).toEqual([]);
  });

  test('none when all agree', () => {
    expect(conservationErrors(sources, sink, metrics)).toEqual([]);
  });

  test.each([
    [{ delivered: 84 }, {}, 'produced 100, delivered + dropped 99'],
    [{}, { writes: 91 }, 'had stored 90'],
    [{}, { reads: 89 }, "buffer's reads 89"],
    [{}, { dropped: 10 }, "buffer's dropped 10"],
    [{}, { discarded: 1 }, 'discarded 1'],
  ])('%j %j is told', (otherSink, otherMetrics, message) => {
    const errors = conservationErrors(sources, { ...sink, ...otherSink }, { ...metrics, ...otherMetrics });
    expect(errors.join('\n')).toContain(message);
  });
});

test.each([
  [1000, undefined],
  [985, undefined],
  [900, 'asked for 1,000/s, reached 900/s'],
])('of 1000 events a second, %d: %s', (produced, text) => {
  const sources = { synthetic: { produced, dropped: 0, malformed: 0, requestedRate: 1000 } };
  const note = rateShortfall({ sources }, 1, 1000);
  expect(note?.replace(/ \(try --workers\)$/, '')).toBe(text);
});

describe('the live table', () => {
  const status = (cpus: number, figure: number): StatusModule.Status => ({
    title: `proc, synthetic (4 threads) -> ${'/a/long/path'.repeat(10)}/out.ndjson`,
    elapsedMs: figure,
    durationMs: 3_600_000,
    sources: new Map(
      ['proc', 'synthetic', 'stdin'].map((name) => [
        name,
        { produced: figure, dropped: figure, refused: 0, malformed: figure, lost: figure },
      ]),
    ),
    sourceRates: new Map([['synthetic', figure]]),
    eventsPerSecond: figure,
    cpu: { thread: 99.9, process: 199.9 },
    cpuNote: '',
    latency: { p50: figure, p99: null },
    produced: figure,
    delivered: figure,
    dropped: figure,
    exports: {},
    metrics: {
      writes: figure,
      reads: figure,
      overflows: figure,
      dropped: figure,
      discarded: 0,
      overflowSize: 100,
      overflowUsed: 50,
      closed: false,
      cpus: Array.from({ length: cpus }, (_, cpu) => ({
        cpu,
        used: cpu,
        capacity: cpus,
        utilization: cpu / cpus,
        writes: figure,
        rejected: 0,
      })),
    },
  });

  test.each([
    [1, 0],
    [2, 165_000],
    [8, 123_456_789],
    [256, 1_234_567_890_123],
  ])('of %d CPUs fits 80 columns and 24 rows at figures of %d', (cpus, figure) => {
    const lines = renderTable(status(cpus, figure), 200, 23);
    expect(lines.length).toBeLessThanOrEqual(23);
    for (const line of [...lines, renderLine(status(cpus, figure))])
      expect(line.length).toBeLessThanOrEqual(80);
    const text = lines.join('\n');
    for (const label of ['events/s', 'latency', 'consumer 99.9 %', 'overflow', 'synthetic', 'dropped']) {
      expect(text).toContain(label);
    }
    expect(text).toContain(count(figure));
  });

  test('an export is told in 80 columns, with its figures whole', () => {
    const note = 'connect ECONNREFUSED 127.0.0.1:4318 '.repeat(5);
    const otlp = { taken: 3e9, delivered: 1e9, dropped: 999_999, waiting: 65_536, retried: 1, note };
    const told = { ...status(2, 5), exports: { otlp } };
    const [line] = renderExports(told);
    expect(line).toMatch(/^ +otlp {2}delivered 1.00G {2}waiting 65,536 {2}dropped 999,999 {2}\(connect/);
    const table = renderTable(told, 80, 24);
    for (const each of [line, ...table]) expect(each.length).toBeLessThanOrEqual(80);
    expect(table.length).toBeLessThanOrEqual(24);
    expect(table.join('\n')).toMatch(/otlp +65,536 waiting +delivered 1,000,000,000 +dropped 999,999/);
  });

  test('the plain line keeps its last figure whole at the largest usual figures', () => {
    const large = {
      ...status(2, 999_999),
      elapsedMs: 36_000_000,
      dropped: 123_456_789,
      latency: { p50: 999, p99: 999_000 },
    };
    expect(renderLine(large)).toMatch(/ dropped 123M .*p50 999us p99 999ms$/);
  });

  test('fits a narrow terminal too', () => {
    for (const line of renderTable(status(4, 165_000), 40, 30)) expect(line.length).toBeLessThanOrEqual(40);
  });

  test('shows the fullest rings where there is no room for all', () => {
    const text = renderTable(status(64, 10), 80, 14).join('\n');
    expect(text).toContain('cpu 63 98.4 %');
    expect(text).not.toContain('cpu 0 ');
  });

  test('figures read well', () => {
    expect(['0', '1,234,568']).toEqual([count(0), count(1234567.8)]);
    expect([
      micros(null),
      micros(4.25),
      micros(85.1),
      micros(1500),
      micros(25_000),
      micros(2_500_000),
    ]).toEqual(['-', '4.3 us', '85 us', '1.5 ms', '25 ms', '2.5 s']);
    expect([clock(0), clock(83_999), clock(3_600_000)]).toEqual(['0:00', '1:23', '1:00:00']);
    expect([bar(0, 12), bar(0.001, 12), bar(0.5, 12), bar(7, 12)]).toEqual([
      '[----------]',
      '[#---------]',
      '[#####-----]',
      '[##########]',
    ]);
    expect([fit('short', 9), fit('0123456789', 9), fit('0123456789', 2)]).toEqual([
      'short',
      '012...789',
      '01',
    ]);
  });
});
