import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { eventFromJSON } from '@tapio/performance';
import { endAll, summaryOf, Tapio, tapio } from '../cli';

afterEach(endAll);

const synthetic = (rate: number, ...more: string[]): string[] => [
  'collect',
  '--source',
  'synthetic',
  '--rate',
  String(rate),
  ...more,
];

describe('a run of synthetic events', () => {
  test('delivers every event it produced, at the rate asked for', async () => {
    const result = await tapio(synthetic(20_000, '--duration', '2', '--json'));
    const summary = summaryOf(result);
    expect(result).toMatchObject({ code: 0, signal: null });
    expect(summary).toEqual({
      produced: expect.any(Number),
      delivered: summary.produced - summary.dropped,
      dropped: 0,
      droppedBy: { buffer: 0, sink: 0 },
      durationMs: expect.any(Number),
      eventsPerSecond: expect.any(Number),
      consumerCpuPercent: expect.any(Number),
      processCpuPercent: expect.any(Number),
      latencyMicros: { p50: expect.any(Number), p99: expect.any(Number) },
      overflows: expect.any(Number),
      sources: { synthetic: { produced: summary.produced, dropped: 0, malformed: 0, requestedRate: 20_000 } },
    });
    expect(summary.durationMs).toBeGreaterThanOrEqual(2000);
    // Exact but for the tick the stop falls into.
    const expected = (summary.durationMs / 1000) * 20_000;
    expect(Math.abs(summary.produced - expected) / expected).toBeLessThan(0.1);
    expect(summary.consumerCpuPercent).toBeGreaterThan(0);
    expect(summary.processCpuPercent).toBeGreaterThan(summary.consumerCpuPercent);
    expect(summary.latencyMicros.p50).toBeGreaterThan(0);
    expect(summary.latencyMicros.p99).toBeGreaterThanOrEqual(summary.latencyMicros.p50 ?? Infinity);
  });

  test('splits the rate among its workers', async () => {
    const result = await tapio(synthetic(6_000, '--workers', '3', '--duration', '1', '--json'));
    const summary = summaryOf(result);
    expect(result.code).toBe(0);
    expect(summary.delivered).toBe(summary.produced);
    expect(summary.produced).toBeGreaterThan(4_000);
    expect(summary.produced).toBeLessThan(9_000);
  });

  test('counts what a tiny buffer refuses', async () => {
    const result = await tapio(synthetic(300_000, '--buffer-size', '1024', '--duration', '1', '--json'));
    const summary = summaryOf(result);
    expect(summary.dropped).toBeGreaterThan(0);
    expect(summary.delivered).toBeGreaterThan(0);
    expect(summary.produced).toBe(summary.delivered + summary.dropped);
    expect(result.code).toBe(0);
  });

  test('ends with a summary for people without --json', async () => {
    const { code, stdout, stderr } = await tapio(synthetic(5_000, '--duration', '1.2'));
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/events +([\d,]+) produced = \1 delivered \+ 0 dropped/);
    expect(stdout).toMatch(/consumer thread [\d.]+ % of a core/);
    expect(stdout).toMatch(/kernel\.syscall/);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe('the sinks', () => {
  let directory: string;
  beforeEach(() => (directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-'))));
  afterEach(() => fs.rmSync(directory, { recursive: true }));

  test('file: holds every event, each once', async () => {
    const file = path.join(directory, 'out.ndjson');
    const summary = summaryOf(
      await tapio(synthetic(5_000, '--duration', '1', '--sink', `file:${file}`, '--json')),
    );
    const events = fs.readFileSync(file, 'utf8').trimEnd().split('\n').map(eventFromJSON);
    expect(events.length).toBe(summary.delivered);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    expect(new Set(events.map(({ source }) => source))).toEqual(new Set(['synthetic']));
    expect(new Set(events.map(({ type }) => type))).toEqual(
      new Set(['kernel.syscall', 'network.request', 'application.log', 'kubernetes.event']),
    );
    for (const { kernel, network, type } of events) {
      if (type === 'kernel.syscall') expect(kernel?.pid).toBeGreaterThan(0);
      if (type === 'network.request') expect(network?.destIP).toMatch(/^10\.42\.\d+\.\d+$/);
    }
  });

  test('stdout carries nothing but events, and the summary last', async () => {
    const result = await tapio(synthetic(5_000, '--duration', '1.2', '--sink', 'stdout', '--json'));
    const lines = result.stdout.trimEnd().split('\n');
    expect(result.code).toBe(0);
    expect(lines.slice(0, -1).map(eventFromJSON).length).toBe(summaryOf(result).delivered);
    expect(result.stderr).toMatch(/\d+\/s dropped 0/);
  });

  test('a file that cannot be opened fails with its name', async () => {
    const { code, stderr } = await tapio(
      synthetic(10, '--sink', `file:${directory}/none/out`, '--duration', '1'),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/ENOENT.*none\/out/);
  });

  test('a directory is refused with its name, and what to name instead', async () => {
    const { code, stderr } = await tapio(synthetic(10, '--sink', `file:${directory}`, '--duration', '1'));
    expect(code).toBe(2);
    expect(stderr).toContain(`--sink "file:${directory}": is a directory: name a file in it`);
  });

  test('a reader that is too slow costs events, not memory', async () => {
    const run = new Tapio(synthetic(40_000, '--sink', 'stdout', '--json'));
    run.child.stdout.pause();
    await run.until('stderr', (text) => /dropped [1-9]/.test(text));
    const before = residentBytes(run.child.pid);
    const lines = run.output.stderr.split('\n').length;
    await run.until('stderr', (text) => text.split('\n').length >= lines + 3);
    expect(residentBytes(run.child.pid) - before).toBeLessThan(48 << 20);
    run.child.kill('SIGINT');
    run.child.stdout.resume();
    const result = await run.end();
    const { produced, delivered, dropped } = summaryOf(result);
    expect(produced).toBe(delivered + dropped);
    expect(result.stdout.trimEnd().split('\n').length).toBe(delivered + 1);
    expect(result.code).toBe(0);
  });
});

describe('the end of a run', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s delivers what waits and exits 0', async (signal) => {
    const run = new Tapio(synthetic(20_000, '--json'));
    await run.started('stderr');
    run.child.kill(signal);
    const result = await run.end();
    const { produced, delivered, dropped } = summaryOf(result);
    expect(result).toMatchObject({ code: 0, signal: null });
    expect(produced).toBeGreaterThan(0);
    expect(produced).toBe(delivered + dropped);
    expect(result.stderr).toContain('stopping');
  });

  test('a second Ctrl-C does not wait for a sink that takes nothing', async () => {
    const run = new Tapio(synthetic(40_000, '--sink', 'stdout'));
    run.child.stdout.pause();
    await run.until('stderr', (text) => /dropped [1-9]/.test(text));
    run.child.kill('SIGINT');
    await run.until('stderr', (text) => text.includes('stopping'));
    run.child.kill('SIGINT');
    run.child.stdout.resume();
    expect(await run.end()).toMatchObject({ code: 130, signal: null });
  });

  test.each(['stdout', 'none'])('a closed stdout ends it cleanly, sink %s', async (sink) => {
    const run = new Tapio(synthetic(20_000, '--sink', sink));
    await run.until('stdout', (text) => text.includes('\n'));
    run.child.stdout.destroy();
    const { code, signal, stderr } = await run.end();
    expect(stderr).not.toMatch(/EPIPE|Error|^ +at /m);
    expect({ code, signal }).toEqual({ code: 0, signal: null });
  });
});

function residentBytes(pid: number | undefined): number {
  if (process.platform !== 'linux') return 0;
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}
