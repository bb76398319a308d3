/** The table and the line of a running collection. */
import type * as TableModule from '../../../dist/collector/report/live-table';
import type * as StatusModule from '../../../dist/collector/report/status';
import type * as FiguresModule from '../../../dist/collector/text/figures';
import { internal } from '../cli';

const { renderExports, renderLine, renderTable } = internal<typeof TableModule>('report/live-table');
const { count } = internal<typeof FiguresModule>('text/figures');

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
    served: {},
    types: [],
    processes: [],
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
    expect(line).toMatch(/^ +otlp delivered 1.00G {3}waiting 65,536 {2}dropped 999,999 {2}\(connect/);
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

  test('the columns of the plain line stay where they are at usual figures', () => {
    const starts = (figure: number, elapsedMs: number, p99: number | null): number[] => {
      const line = renderLine({ ...status(2, figure), elapsedMs, latency: { p50: p99, p99 } });
      return ['/s', 'dropped', 'peak', 'cpu', 'p50', 'p99'].map((label) => line.indexOf(label));
    };
    expect(starts(0, 0, null)).toEqual(starts(999_999, 599_000, 250_000));
    expect(starts(4996, 3_599_000, 85)).toEqual(starts(131_868, 83_000, 9900));
  });

  test('the lines of exports stay in columns, too', () => {
    const otlp = { taken: 0, delivered: 0, dropped: 0, waiting: 0, retried: 0 };
    const nats = { ...otlp, delivered: 999_999, waiting: 12e6 };
    const grpc = { clients: 12, streamed: 1e9, dropped: 1, discarded: 2 };
    const lines = renderExports({ ...status(2, 5), exports: { otlp, nats }, served: { grpc } });
    expect(lines[0]).toBe('   grpc streamed 1.00G    12 clients      dropped 3');
    expect(lines[1].indexOf('waiting')).toBe(lines[2].indexOf('waiting'));
    for (const line of lines.slice(1)) expect(line.indexOf('dropped')).toBe(lines[0].indexOf('dropped'));
  });

  test('40 columns: the rings without bars, the export with all of its figures', () => {
    const otlp = { taken: 6000, delivered: 12, dropped: 0, waiting: 5767, retried: 1, note: 'no answer' };
    const text = renderTable({ ...status(2, 9807), exports: { otlp } }, 39, 40).join('\n');
    expect(text).toContain('ring cpu 1  50.0 %  9,807 events\noverflow    50.0 %  9,807 events');
    expect(text).toContain('otlp 5,767 waiting  delivered 12\n  dropped 0\n  no answer');
  });

  test.each([
    [5, ['tapio', 'events/s', 'PROCESSES', 'java', 'node']],
    [4, ['tapio', 'events/s', 'PROCESSES', 'java']],
    [3, ['tapio', 'events/s', 'latency']],
    [2, ['tapio', 'events/s']],
    [1, ['tapio']],
  ])('%d rows of 40 columns begin with %j', (rows, words) => {
    const processes = ['java', 'node', 'nginx'].map((name) => ({ name, count: 5, rate: 5 }));
    const lines = renderTable({ ...status(4, 1000), processes }, 39, rows);
    expect(lines.map((line) => line.split(' ')[0])).toEqual(words);
  });

  test('without names it has no more rows either', () => {
    for (const rows of [1, 2, 3, 30])
      expect(renderTable(status(4, 1000), 39, rows).length).toBeLessThanOrEqual(rows);
  });

  test('40 columns tell of the kinds where no process is known', () => {
    const types = [{ name: 'process.exec', count: 5, rate: 5 }];
    expect(renderTable({ ...status(4, 1000), types }, 39, 20).at(-1)).toMatch(/^process.exec +5 +5$/);
  });

  test.each([
    [80, 23],
    [40, 7],
    [60, 13],
    [20, 6],
    [200, 60],
  ])('of a terminal of %d columns tells who does most in %d rows', (columns, rows) => {
    const tally = (name: string, events: number) => ({ name, count: events, rate: events / 2 });
    const processes = Array.from({ length: 30 }, (_, index) => tally(`process-${index}`, 1000 - index));
    const types = [tally('process.exec', 20), tally('\u001b[2J', 10)];
    const table = renderTable({ ...status(4, 1000), processes, types }, columns, rows);
    expect(table.length).toBeLessThanOrEqual(rows);
    const text = table.join('\n');
    expect(text).not.toContain('\u001b');
    for (const line of table) expect(line.length).toBeLessThanOrEqual(Math.min(80, columns));
    expect(text).toContain('process-0 ');
    expect(text.includes('process-9 ')).toBe(rows > 40);
    expect(text.includes('process.exec')).toBe(columns >= 80);
  });

  test('shows the fullest rings where there is no room for all', () => {
    const text = renderTable(status(64, 10), 80, 14).join('\n');
    expect(text).toContain('cpu 63 98.4 %');
    expect(text).not.toContain('cpu 0 ');
  });

  test('large figures of an export stay apart', () => {
    const exported = { otlp: { delivered: 1e12, dropped: 5, waiting: 1e12, failed: 0 } };
    const text = renderTable({ ...status(2, 10), exports: exported as never }, 80, 24).join('\n');
    expect(text).toContain('delivered 1,000,000,000,000 dropped 5');
  });
});
