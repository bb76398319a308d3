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

  test.each([
    [80, 23],
    [40, 7],
    [60, 13],
    [20, 3],
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
