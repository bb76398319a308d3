/**
 * Runs `tapio collect` for some time and fits a line through its memory: `node scripts/soak.mjs SECONDS [RATE]`. The first fifth, at least
 * five seconds, is left out: memory grows there. Of the rest, the line goes through the highest of each minute, or of each eighth: V8 gives
 * a third of the memory back now and then, and takes it again, so that what lies between tells when it did. `heap` is of what is alive after
 * each whole collection, of the thread where that grew most: what the engine itself takes and keeps is not in it. Prints one line of JSON;
 * memory is in KB, slopes in KB a minute.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { fail, root } from './shell.mjs';

const seconds = Number(process.argv[2]);
const rate = process.argv[3] ?? '20000';
const PAGE_KB = 4;
/** Fewer points show no line. */
const LEAST_POINTS = 8;
/** As --trace-gc tells of a whole collection: its thread, when it was, and the MB that were alive after it. */
const COLLECTION = /^\[\d+:(0x[0-9a-f]+)\] +(\d+) ms: Mark-Compact .*? -> ([\d.]+) \(/gm;

/** KB, from /proc; undefined when the process is gone. */
function residentKB(pid) {
  try {
    return Number(fs.readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_KB;
  } catch {
    return undefined;
  }
}

/** The highest point of each span of so many minutes. */
function peaksOf(points, minutes) {
  const peaks = new Map();
  for (const point of points) {
    const span = Math.floor((point[0] - points[0][0]) / minutes);
    if (!(peaks.get(span)?.[1] >= point[1])) peaks.set(span, point);
  }
  return [...peaks.values()];
}

/** Of the least squares. */
function slopeOf(points) {
  const mean = (axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const above = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return above / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

/** KB alive, by the thread; each of points as those of the memory are. */
function heapsIn(trace) {
  const heaps = new Map();
  for (const [, thread, ms, alive] of trace.matchAll(COLLECTION)) {
    if (!heaps.has(thread)) heaps.set(thread, []);
    heaps.get(thread).push([ms / 60_000, alive * 1024]);
  }
  return [...heaps.values()];
}

const isSettled = ([minute]) => minute * 60 > Math.max(5, seconds / 5) && minute * 60 < seconds - 0.5;

/** Undefined where too little was collected. */
function steepestOf(heaps) {
  const slopes = heaps
    .map((points) => points.filter(isSettled))
    .filter(({ length }) => length >= LEAST_POINTS)
    .map(slopeOf);
  return slopes.length === 0 ? undefined : { threads: slopes.length, slope: Math.round(Math.max(...slopes)) };
}

if (process.platform !== 'linux' || !(seconds >= 10))
  fail('node scripts/soak.mjs SECONDS [RATE]; at least 10, on Linux');
const options = ['--source', 'synthetic', '--rate', rate, '--duration', String(seconds), '--json'];
const child = spawn(
  process.execPath,
  ['--trace-gc', path.join(root, 'dist', 'collector', 'main.js'), 'collect', ...options],
  {
    stdio: ['ignore', 'pipe', 'ignore'],
  },
);
const start = performance.now();
const points = [];
const sampler = setInterval(() => {
  const memory = residentKB(child.pid);
  if (memory !== undefined) points.push([(performance.now() - start) / 60_000, memory]);
}, 500);
let stdout = '';
child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
child.on('close', (code) => {
  clearInterval(sampler);
  if (code !== 0) fail(`tapio collect ended with ${code}: ${stdout}`);
  const { delivered, dropped } = JSON.parse(stdout.trimEnd().split('\n').at(-1));
  const settled = points.filter(isSettled);
  const peaks = peaksOf(settled, Math.min(1, (settled.at(-1)[0] - settled[0][0]) / 8));
  const [first, last] = [peaks[0][1], peaks.at(-1)[1]];
  const slope = Math.round(slopeOf(peaks));
  const heap = steepestOf(heapsIn(stdout));
  console.log(JSON.stringify({ seconds, delivered, dropped, peaks: peaks.length, first, last, slope, heap }));
});
