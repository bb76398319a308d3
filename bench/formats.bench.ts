/**
 * Lines of each format into a ring and out again as views, beside JSON.parse of the same lines, in one thread.
 *
 *   node build/bench/formats.bench.js [repeats [format...]]
 *
 * Both take turns; medians count. `parse` is JSON.parse alone, `read` what createFormatReader('auto') gives, `ring` events
 * forBuffer through a PerCPUEventBuffer. The last column is how much of JSON.parse's speed is left. CPU time, so that other
 * programs disturb less. Each format in a process of its own, as a collector mostly reads one.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PerCPUEventBuffer, type UnifiedEvent } from '@tapio/performance';
import { createFormatReader, FORMAT_NAMES } from '@tapio/performance/formats';

const repeats = Number(process.argv[2] ?? 15);
const asked = process.argv.slice(3);
const LINES = 4000;
const BATCH = 256;

/** Of build/bench, where this runs. */
const fixtures = path.resolve(__dirname, '..', '..', 'test', 'fixtures', 'formats');
const FILES: Partial<Record<string, string>> = { otlp: 'otlp-logs.ndjson' };

/** The samples in turn, with other process ids, each a flat string of its own as it comes out of a buffer. */
function linesOf(format: string): string[] | undefined {
  const file = path.join(fixtures, FILES[format] ?? `${format}.ndjson`);
  if (!fs.existsSync(file)) return undefined;
  const samples = fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .filter(
      (line) => line.startsWith('{') && createFormatReader('auto').push(line).length > 0 && isJson(line),
    );
  if (samples.length === 0) return undefined;
  return Array.from({ length: LINES }, (_, index) => {
    const line = samples[index % samples.length];
    const changed = line.replace(/("(?:pid|tid|proc\.pid|hostProcessId)":)\d+/g, `$1${1000 + index}`);
    return Buffer.from(changed).toString('utf8');
  });
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

const ring = new PerCPUEventBuffer({ bufferSizePerCPU: 1 << 24 });

/** What is read last, so that no loop is dead code. */
let sink: unknown;

function parse(lines: readonly string[]): void {
  for (const line of lines) sink = JSON.parse(line);
}

function read(lines: readonly string[]): void {
  const reader = createFormatReader('auto');
  for (const line of lines) sink = reader.push(line);
}

function intoRing(lines: readonly string[]): void {
  const reader = createFormatReader('auto', { forBuffer: true });
  let batch: UnifiedEvent[] = [];
  const put = (): void => {
    if (ring.putBatch(batch) !== batch.length) throw new Error('the ring is full');
    ring.consume((view) => (sink = view.type));
    batch = [];
  };
  for (const line of lines) {
    for (const event of reader.push(line)) batch.push(event);
    if (batch.length >= BATCH) put();
  }
  put();
}

const cases = { parse, read, ring: intoRing };
type Case = keyof typeof cases;

/** Nanoseconds of CPU time a line. */
function measure(run: (lines: readonly string[]) => void, lines: readonly string[]): number {
  const before = process.cpuUsage();
  run(lines);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / lines.length;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

function measureFormat(format: string): void {
  const lines = linesOf(format);
  if (lines === undefined) return;
  const times: Record<Case, number[]> = { parse: [], read: [], ring: [] };
  for (let turn = -3; turn < repeats; turn++) {
    for (const name of Object.keys(cases) as Case[]) {
      const time = measure(cases[name], lines);
      // The first turns are for the compiler.
      if (turn >= 0) times[name].push(time);
    }
  }
  const [parsed, reading, total] = [median(times.parse), median(times.read), median(times.ring)];
  const bytes = lines.reduce((sum, line) => sum + line.length, 0) / lines.length;
  const figures = [bytes, parsed, reading, total].map((figure) => figure.toFixed(0).padStart(9)).join(' ');
  const rate = Math.round(1e9 / total).toLocaleString('en-US');
  console.log(
    `${format.padEnd(11)}${figures.slice(2)} ${rate.padStart(9)} ${(parsed / total).toFixed(2).padStart(8)}x`,
  );
}

if (asked.length === 1) {
  measureFormat(asked[0]);
} else {
  const model = os.cpus()[0]?.model ?? os.arch();
  console.log(`${model}, Node ${process.version}, medians of ${repeats}, ns of CPU time a line\n`);
  console.log('format       bytes     parse      read      ring   lines/s  of parse');
  for (const format of asked.length > 0 ? asked : FORMAT_NAMES)
    spawnSync(process.execPath, [__filename, String(repeats), format], { stdio: 'inherit' });
}
void sink;
