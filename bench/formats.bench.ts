/**
 * Lines of each format into a ring and out again as views, beside JSON.parse of the same lines, in one thread.
 *
 *   node build/bench/formats.bench.js [repeats [format...]]
 *
 * Both take turns; medians count. `parse` is JSON.parse alone, `read` what createFormatReader('auto') gives, `ring` events
 * forBuffer through a PerCPUEventBuffer. The last column is how much of JSON.parse's speed is left: the median of the turns' ratios. CPU time,
 * so that other programs disturb less. Each format and each of the two in a process of its own, as a collector does one of them. auditd's lines are
 * no JSON: they have no `parse`.
 *
 *   node build/bench/formats.bench.js two-workers [seconds]
 *
 * Tetragon's lines by two workers into one buffer, from which this thread takes them: see formats/two-workers.ts.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PerCPUEventBuffer, type UnifiedEvent } from '@tapio/performance';
import { createFormatReader, FORMAT_NAMES } from '@tapio/performance/formats';
import { runTwoWorkers } from './formats/two-workers';
import { spreadOf } from './measure/spread';

const [first = '15', ...asked] = process.argv.slice(2);
const repeats = Number(first);
const MEASURE = '--measure';
const LINES = 4000;
/** Turns that do not count: they are for the compiler. */
const WARM_UP = 25;
const BATCH = 256;

/** Of build/bench, where this runs. */
const fixtures = path.resolve(__dirname, '..', '..', 'test', 'fixtures', 'formats');
const FILES: Partial<Record<string, string>> = {
  otlp: 'otlp-logs.ndjson',
  auditd: 'auditd.log',
  logfmt: 'logfmt.log',
};

/** The samples in turn, with other process ids, each a flat string of its own as it comes out of a buffer. */
function linesOf(format: string): string[] | undefined {
  const file = path.join(fixtures, FILES[format] ?? `${format}.ndjson`);
  if (!fs.existsSync(file)) return undefined;
  const all = fs.readFileSync(file, 'utf8').split('\n');
  const samples = all.filter((line) => line !== '' && (!isJsonFormat(format) || isSample(line)));
  if (samples.length === 0) return undefined;
  return Array.from({ length: LINES }, (_, index) => {
    const line = samples[index % samples.length];
    const changed = line
      .replace(/("(?:pid|tid|proc\.pid|hostProcessId)":)\d+/g, `$1${1000 + index}`)
      // auditd's records belong together by a serial number.
      .replace(/(:)(\d+)\)/, (_, colon: string, serial: string) => {
        const round = Math.floor(index / samples.length);
        return `${colon}${Number(serial) + 10_000 * round})`;
      });
    return Buffer.from(changed).toString('utf8');
  });
}

function isJsonFormat(format: string): boolean {
  return format !== 'auditd' && format !== 'logfmt';
}

/** Whether the line is JSON and gives an event. */
function isSample(line: string): boolean {
  return line.startsWith('{') && createFormatReader('auto').push(line).length > 0 && isJson(line);
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

const ring = new PerCPUEventBuffer({ bufferSizePerCPU: 1 << 20 });

/** What is read last, so that no loop is dead code. */
let sink: unknown;

function parse(lines: readonly string[]): void {
  for (const line of lines) sink = JSON.parse(line);
}

// A reader lives as long as its stream, which is that of all turns.
const reader = createFormatReader('auto');
const readerForRing = createFormatReader('auto', { forBuffer: true });

function read(lines: readonly string[]): void {
  for (const line of lines) sink = reader.push(line);
}

function put(events: readonly UnifiedEvent[]): void {
  if (ring.putBatch(events) !== events.length) throw new Error('the ring is full');
  ring.consume((view) => (sink = view.type));
}

function intoRing(lines: readonly string[]): void {
  let batch: UnifiedEvent[] = [];
  for (const line of lines) {
    for (const event of readerForRing.push(line)) batch.push(event);
    if (batch.length < BATCH) continue;
    put(batch);
    batch = [];
  }
  batch.push(...readerForRing.end());
  put(batch);
}

const cases = { parse, read, ring: intoRing };

/** Nanoseconds of CPU time a line. */
function measure(run: (lines: readonly string[]) => void, lines: readonly string[]): number {
  const before = process.cpuUsage();
  run(lines);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / lines.length;
}

/** Medians of nanoseconds a line: of JSON.parse, of the other, and of how much of JSON.parse's speed it has. */
type Figures = [parse: number, other: number, ratio: number];

function measureCase(name: 'read' | 'ring', lines: readonly string[], parses: boolean): Figures {
  const times: Figures[] = [];
  for (let turn = -WARM_UP; turn < repeats; turn++) {
    const parsed = parses ? measure(cases.parse, lines) : 0;
    const other = measure(cases[name], lines);
    if (turn >= 0) times.push([parsed, other, parsed / other]);
  }
  return [0, 1, 2].map((column) => spreadOf(times.map((figures) => figures[column])).median) as Figures;
}

function figuresOf(format: string, name: string): Figures {
  const args = [__filename, String(repeats), MEASURE, format, name];
  const { stdout } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(stdout) as Figures;
}

function show(format: string, lines: readonly string[]): void {
  const [parsed, total, ratio] = figuresOf(format, 'ring');
  const [, reading] = figuresOf(format, 'read');
  const bytes = lines.reduce((sum, line) => sum + line.length, 0) / lines.length;
  const figures = [bytes, parsed, reading, total].map((figure) => figure.toFixed(0).padStart(9)).join(' ');
  const rate = Math.round(1e9 / total).toLocaleString('en-US');
  const left = isJsonFormat(format) ? `${ratio.toFixed(2).padStart(8)}x` : '';
  console.log(`${format.padEnd(11)}${figures.slice(2)} ${rate.padStart(9)} ${left}`.trimEnd());
}

if (first === 'two-workers') {
  void runTwoWorkers(linesOf('tetragon')!, Number(asked[0] ?? 5));
} else if (asked[0] === MEASURE) {
  const [, format, name] = asked;
  const figures = measureCase(name as 'read' | 'ring', linesOf(format)!, isJsonFormat(format));
  console.log(JSON.stringify(figures));
} else {
  const model = os.cpus()[0]?.model ?? os.arch();
  console.log(`${model}, Node ${process.version}, medians of ${repeats}, ns of CPU time a line\n`);
  console.log('format       bytes     parse      read      ring   lines/s  of parse');
  for (const format of asked.length > 0 ? asked : FORMAT_NAMES) {
    const lines = linesOf(format);
    if (lines !== undefined) show(format, lines);
  }
}
void sink;
