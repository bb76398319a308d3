/** What a run ends with, in the lines for people. */
import type * as SummaryModule from '../../../dist/collector/report/summary';
import { internal } from '../cli';

const { conservationErrors, formatSummary } = internal<typeof SummaryModule>('report/summary');

const summary: SummaryModule.Summary = {
  produced: 3,
  delivered: 3,
  dropped: 0,
  droppedBy: { buffer: 0, sink: 0 },
  durationMs: 5000,
  eventsPerSecond: 1,
  consumerCpuPercent: 40,
  processCpuPercent: 99,
  latencyMicros: { p50: 100, p99: 200 },
  overflows: 0,
  sources: {},
};
const lines = (change: Partial<SummaryModule.Summary>, types: [string, number][] = []): string[] =>
  formatSummary({ ...summary, ...change }, types, { cpu: '' });

test('a run that is over at once tells times, not rates and shares', () => {
  const text = lines({ durationMs: 50, eventsPerSecond: 60, latencyMicros: { p50: null, p99: null } }).join(
    '\n',
  );
  expect(text).toContain('3 delivered in 50 ms, too short for a rate');
  expect(text).toMatch(/consumer thread 20 ms\n.*all threads 50 ms\n/);
  expect(text).toContain('latency      not measured');
  expect(text).not.toMatch(/ of a core|events\/s/);
});

test('a longer one tells rates and shares', () => {
  const text = lines({}).join('\n');
  expect(text).toContain('1 events/s delivered for 5.0 s');
  expect(text).toMatch(/consumer thread 40.0 % of a core\n.*all threads 99.0 % of a core\n/);
  expect(text).toContain('p50 100 us, p99 200 us');
});

test('what was served to clients has a line, which tells of losses for all where there are some', () => {
  const grpc = { streamed: 1234, dropped: 5, discarded: 0 };
  expect(lines({ served: { grpc } })).toContain(
    '  grpc         1,234 streamed to clients, 5 dropped for slow or gone ones',
  );
  expect(lines({ served: { grpc: { ...grpc, discarded: 6 } } })).toContain(
    '  grpc         1,234 streamed to clients, 5 dropped for slow or gone ones, 6 dropped for all',
  );
});

test.each([
  ['short', 'exec'],
  ['long', `process.${'x'.repeat(30)}`],
  ['too long', 'x'.repeat(500)],
  ['unsafe', 'exec\u001b[31m\u202e'],
])('the columns of types stand below each other beside a name that is %s', (_, name) => {
  const rows = lines({}, [
    [name, 2],
    ['kernel.syscall', 1],
  ]).slice(-2);
  expect(rows[0].length).toBe(rows[1].length);
  expect(rows[0].length).toBeLessThanOrEqual(80);
  // eslint-disable-next-line no-control-regex -- what must not be there
  expect(rows.join('')).not.toMatch(/[\u0000-\u001f\u202e]/);
});

test.each([46, 60, 80])('names of wide characters have no more than %d columns', (columns) => {
  const types: [string, number][] = ['進程啟動事件'.repeat(9), '進程', 'kernel.syscall'].map((name) => [
    name,
    12,
  ]);
  const rows = formatSummary(summary, types, { cpu: '' }, columns).slice(-types.length);
  // Two cells each.
  const widths = rows.map((line) => line.replace(/\p{sc=Han}/gu, '##').length);
  expect(new Set(widths).size).toBe(1);
  expect(widths[0]).toBeLessThanOrEqual(columns);
});

describe('on a terminal', () => {
  const on = (columns: number): string[] =>
    formatSummary(
      { ...summary, produced: 123_456, dropped: 123_453 },
      [['kernel.syscall', 12]],
      { cpu: '' },
      columns,
    );

  test('of 80 columns, or none, the lines are the same', () => {
    expect(on(80)).toEqual(on(Infinity));
    expect(on(Infinity)).toContain('  types        kernel.syscall                    12    100 %');
  });

  test('of 40 columns, a line goes on in the next one behind a word, below the text', () => {
    const lines = on(40);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(40);
    expect(lines.slice(2, 5)).toEqual([
      '  events       123,456 produced = 3',
      '               delivered + 123,453',
      '               dropped',
    ]);
    expect(lines).toContain('  latency      p50 100 us, p99 200 us,');
    expect(lines.at(-1)).toBe('  types        kernel.syscall         12');
  });

  test('of 24 columns, labels have no column of their own', () => {
    const lines = on(24);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(24);
    expect(lines.slice(2, 4)).toEqual(['  events 123,456', '    produced = 3']);
    expect(lines.at(-1)).toBe('  types kerne...call 12');
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
