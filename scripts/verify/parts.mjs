/**
 * The long proofs. Each has
 *
 * - `goal` and `unit`, and `first`: how many a first slice does;
 * - `turn`: the seconds of a later slice, if not five minutes; `least(own)`: those without which the next one is of no use;
 * - `files()`: what is proven, with what proves it. Totals are of these contents alone;
 * - `prepare()`: builds what is run;
 * - `slice(amount, own, isOver)`: does about `amount`, or less once the time is over, and returns how many: none is a failure. It throws
 *   `Changed` where what it ran is not what is there, beside `files()`;
 * - `done(own)`: how many of the goal are reached, where that is not the sum of what slices returned;
 * - `more(own)`: what else the totals say.
 *
 * `own` is the part's own, kept.
 */
import crypto from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { inParallel } from '../in-parallel.mjs';
import { root, run } from '../shell.mjs';
import { Changed, filesBelow, hashOf, withImports } from './tree.mjs';

export const folder = path.join(root, 'build', 'verify');
const core = path.join(root, 'build', 'core');

let hasFailed = false;
/** Runs a command that must end well. Returns its output. That of the first one that does not is kept. */
async function succeed(command, args, env = {}) {
  const { code, signal, stdout, output } = await run(command, args, { env: { ...process.env, ...env } });
  if (code !== 0) {
    if (!hasFailed) fs.writeFileSync(path.join(folder, 'failure.log'), output);
    hasFailed = true;
    throw new Error(`${command} ${args.join(' ')}: ${signal ?? code}; see build/verify/failure.log`);
  }
  return stdout;
}
const make = (where, ...args) => succeed('make', ['-s', '-C', where, ...args]);
const sum = (numbers) => [...numbers].reduce((total, number) => total + number, 0);
const sumOf = (matches) => sum([...matches].map((match) => Number(match[1])));
const randomSeed = () => crypto.randomInt(1, 2 ** 31);
const isNative = (file) => /\.(h|cc|map)$/.test(file);
/** What the addon and the generated files of lib/ are made from, beside lib/ itself. */
const makings = () => [
  ...['binding.gyp', ...filesBelow('native', isNative)],
  ...['scripts/generate-codec.mjs', ...filesBelow('scripts/codec-generator'), ...filesBelow('proto')],
];

const isTest = (file) => file.endsWith('.test.ts');
/** What some tests read beside the sources. */
const READ = { docs: ['docs', 'README.md', 'bench/README.md'], examples: ['examples'] };
/** Of a test, as in `event/codec.test`. */
const testHash = (name) =>
  hashOf([`test/${name}.ts`, ...(READ[name.split('/')[0]] ?? []).flatMap((each) => filesBelow(each))]);

/** Of each test, taken before the build: what is edited later is not what is run. */
let testHashes;
let built;
/** The addon, and all TypeScript; once, whatever asks for it. */
function build() {
  testHashes ??= Object.fromEntries(
    filesBelow('test', isTest)
      .map((file) => file.slice('test/'.length, -'.ts'.length))
      .map((name) => [name, testHash(name)]),
  );
  return (built ??= succeed('npm', ['run', '-s', 'build']));
}

const interleavings = {
  goal: 200_000_000,
  unit: 'interleavings of the ring under Relacy',
  first: 1_000_000,
  files: () => ['test/core/Makefile', ...withImports('test/core/ring_relacy.cc')],
  prepare: () => make('test/core', 'needs-relacy', '../../build/core/model/ring_relacy'),
  async slice(amount, own) {
    // Of each scenario; all together do some 30 times as many.
    const each = Math.max(1000, Math.round(amount / 30));
    const env = { MODEL_FIRST: String(own.next ?? 0), MODEL_ITERATIONS: String(each) };
    const output = await succeed(path.join(core, 'model', 'ring_relacy'), [], env);
    own.next = (own.next ?? 0) + each;
    return sumOf(output.matchAll(/^ring_relacy: (\d+) interleavings/gm));
  },
};

/** For each shape: threads, and ends that hit what test/fixtures/storm-shapes.ts says. */
const STORM = { rounds: 10_000, hits: 1_000 };
const shapesNow = () => {
  const file = path.join(root, 'build', 'test', 'fixtures', 'storm-shapes.js');
  return createRequire(import.meta.url)(file).SHAPES;
};
/** As rounds: a shape with too few hits has the more to do. */
const stormed = ({ rounds, hits }) => Math.min(STORM.rounds, rounds, hits * (STORM.rounds / STORM.hits));

const terminates = {
  goal: () => STORM.rounds * shapesNow().length,
  unit: `threads terminated, ${STORM.rounds} in each shape of calls, ${STORM.hits} of them in the middle of it`,
  first: 100,
  files: () => [
    ...makings(),
    ...withImports(
      // Generated files import from there.
      ...filesBelow('lib/event'),
      ...filesBelow('test/fixtures', (file) => /\/storm[^/]*\.ts$/.test(file)),
    ),
  ],
  prepare: build,
  /** Some of each shape, those with the fewest first, one at a time on each CPU. Fewer shapes than CPUs leave some idle. */
  async slice(amount, own, isOver) {
    own.shapes ??= Object.fromEntries(shapesNow().map((shape) => [shape, { rounds: 0, hits: 0, moved: 0 }]));
    const open = Object.entries(own.shapes)
      .filter(([, one]) => stormed(one) < STORM.rounds)
      .sort(([, one], [, other]) => stormed(one) - stormed(other));
    const rounds = Math.max(2, Math.round(amount / Math.max(open.length, os.availableParallelism())));
    let count = 0;
    await inParallel(open, async ([shape, one]) => {
      if (count > 0 && isOver()) return;
      const args = ['build/test/fixtures/storm.child.js', shape, String(rounds), String(randomSeed())];
      const [moved, hits, terminated] = (await succeed(process.execPath, args)).split(' ').map(Number);
      one.rounds += terminated;
      one.hits += hits;
      one.moved += moved;
      count += terminated;
    });
    return count;
  },
  done: ({ shapes = {} }) => sum(Object.values(shapes).map(stormed)),
  more: ({ shapes = {} }) =>
    `in the middle: ${Object.entries(shapes)
      .map(([shape, { rounds, hits }]) => `${shape} ${hits} of ${rounds}`)
      .join(', ')}`,
};

const events = {
  goal: 2_000_000_000,
  unit: 'events through native rings, each checked',
  first: 5_000_000,
  files: () => ['test/core/Makefile', ...withImports('test/core/ring_stress_test.cc')],
  prepare: () => make('test/core', '../../build/core/plain/ring_stress_test'),
  async slice(amount) {
    // It puts some 27 million by itself.
    const env = { STRESS_MULTIPLIER: (amount / 27e6).toFixed(4), SEED: String(randomSeed()) };
    const output = await succeed(path.join(core, 'plain', 'ring_stress_test'), [], env);
    return sumOf(output.matchAll(/^ {2}put (\d+)/gm));
  },
};

/** Of each target; and the seconds a target has at the least, as it begins with the inputs it has kept. */
const FUZZ = { inputs: 50_000_000, seconds: 15 };
const fuzzed = (inputs) => Math.min(FUZZ.inputs, inputs);
const fuzzSources = () => filesBelow('test/fuzz', (file) => file.endsWith('_fuzz.cc'));

const fuzz = {
  goal: FUZZ.inputs * fuzzSources().length,
  unit: `new inputs run by libFuzzer, ${FUZZ.inputs / 1e6} million of each target`,
  first: 1,
  files: () => [
    ...['test/fuzz/Makefile', 'test/fuzz/fuzz.sh', 'test/fuzz/seeds.mjs'],
    ...withImports(...fuzzSources(), ...filesBelow('native/kernel', isNative)),
  ],
  prepare: () => make('test/fuzz', 'build'),
  /** Some of each target, those with the fewest first. Rates differ by a factor of ten: they share the time. */
  async slice(amount, own, isOver, seconds) {
    own.targets ??= Object.fromEntries(fuzzSources().map((file) => [path.basename(file, '_fuzz.cc'), 0]));
    const open = Object.keys(own.targets)
      .filter((target) => own.targets[target] < FUZZ.inputs)
      .sort((one, other) => own.targets[one] - own.targets[other]);
    const each = Math.max(FUZZ.seconds, Math.round(seconds / open.length));
    let count = 0;
    for (const target of open) {
      const env = { FUZZ_SECONDS: String(each), FUZZ_ONLY: target };
      const output = await succeed('make', ['-s', '-C', 'test/fuzz', 'run'], env);
      const inputs = sumOf(output.matchAll(/: +(\d+) new inputs/g));
      if (inputs === 0) throw new Error(`${target} ran nothing but the inputs it had kept`);
      own.targets[target] += inputs;
      count += inputs;
      if (isOver()) break;
    }
    return count;
  },
  done: ({ targets = {} }) => sum(Object.values(targets).map(fuzzed)),
  more: ({ targets = {} }) =>
    Object.entries(targets)
      .map(([target, inputs]) => `${target} ${(inputs / 1e6).toFixed(1)}`)
      .join(', ') + ' million',
};

/** Those yet to be run, as they were built. */
const untested = (tests) => Object.keys(testHashes).filter((name) => tests[name] !== testHashes[name]);

const arm64 = {
  goal: () => Object.keys(testHashes).length,
  unit: 'files of tests on emulated arm64',
  first: 1,
  /** A changed test is run again by itself. */
  files: () => [
    ...[...makings(), 'package.json', 'scripts/test-arm64-suite.mjs', 'scripts/arm64.mjs'],
    ...['lib', 'bin', 'test'].flatMap((each) => filesBelow(each, (file) => !isTest(file))),
  ],
  prepare: build,
  async slice(amount, own) {
    own.tests ??= {};
    const names = untested(own.tests).slice(0, Math.max(1, Math.round(amount)));
    const output = await succeed(process.execPath, ['scripts/test-arm64-suite.mjs', ...names]).finally(() => {
      const changed = names.filter((name) => testHash(name) !== testHashes[name]);
      if (changed.length > 0) throw new Changed(changed.join(', '));
    });
    const told = new Set([...output.matchAll(/^(?:ok|skipped) +([^\s:]+)/gm)].map((match) => match[1]));
    const silent = names.filter((name) => !told.has(name));
    if (silent.length > 0) throw new Error(`nothing is told of ${silent.join(', ')}`);
    for (const name of names) own.tests[name] = testHashes[name];
    own.passed = (own.passed ?? 0) + sumOf(output.matchAll(/(\d+) passed/g));
    own.skipped = (own.skipped ?? 0) + sumOf(output.matchAll(/(\d+) skipped/g));
    return names.length;
  },
  done: ({ tests = {} }) => Object.keys(testHashes).length - untested(tests).length,
  more: ({ passed = 0, skipped = 0 }) => `tests passed: ${passed}, skipped ${skipped}`,
};

/**
 * A soak of so many seconds, or longer, may grow by so many KB a minute, and by so many of what is alive in a thread after its collections;
 * a shorter one shows no slope that means anything. Resident memory rises by what the engine keeps, too.
 */
const SOAK = { seconds: 3600, most: 128, alive: 32 };
const SOAK_GOAL = 7_200;
/** Short ones leave room for one that is judged. */
const soaked = ({ short = 0, judged = 0 }) => Math.min(short, SOAK_GOAL - SOAK.seconds) + judged;

const soak = {
  goal: SOAK_GOAL,
  unit: 'seconds of tapio collect at 20,000 events a second',
  first: 20,
  // More than a slice: beginning and end take time, too.
  turn: 1.25 * SOAK.seconds,
  least: ({ short = 0, judged = 0 }) =>
    judged === 0 && short >= SOAK_GOAL - SOAK.seconds ? 1.25 * SOAK.seconds : 0,
  files: () => ['scripts/soak.mjs', ...makings(), ...filesBelow('lib'), ...filesBelow('bin')],
  prepare: build,
  async slice(amount, own) {
    const wanted = this.least(own) > 0 ? SOAK.seconds : Math.round(amount);
    const seconds = Math.min(SOAK.seconds, Math.max(15, wanted));
    const { delivered, dropped, slope, heap } = JSON.parse(
      await succeed(process.execPath, ['scripts/soak.mjs', String(seconds)]),
    );
    own.delivered = (own.delivered ?? 0) + delivered;
    own.dropped = (own.dropped ?? 0) + dropped;
    if (!(delivered > 0)) return 0;
    if (seconds < SOAK.seconds) own.short = (own.short ?? 0) + seconds;
    else {
      if (!(slope <= SOAK.most))
        throw new Error(`memory grew by ${slope} KB a minute over ${seconds} s; ${SOAK.most} are allowed`);
      if (!(heap?.slope <= SOAK.alive))
        throw new Error(
          `a heap grew by ${heap?.slope} KB a minute over ${seconds} s; ${SOAK.alive} are allowed`,
        );
      own.judged = (own.judged ?? 0) + seconds;
      own.steepest = Math.max(own.steepest ?? -Infinity, slope);
      own.steepestHeap = Math.max(own.steepestHeap ?? -Infinity, heap.slope);
    }
    return seconds;
  },
  done: soaked,
  more: ({ delivered = 0, dropped = 0, judged = 0, steepest, steepestHeap }) =>
    `delivered: ${delivered}, dropped ${dropped}; ` +
    (judged > 0
      ? `the steepest slope of ${judged} s is ${steepest} KB a minute, of what is alive ${steepestHeap}`
      : `none was as long as the ${SOAK.seconds} s after which its slope is judged`),
};

export const parts = { interleavings, terminates, events, fuzz, arm64, soak };
