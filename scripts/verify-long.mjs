/**
 * Proofs that take hours, in slices that take turns, until each has reached its goal or the time is over:
 *
 *   npm run verify:long [-- --minutes N] [-- PART...]    --restart forgets what was done
 *
 * What is done is kept in build/verify/state.json after each slice: a run that ends in any way is gone on with by the next one. Each
 * slice takes new random numbers. The first failure ends the run and keeps its output; the totals are printed in any case.
 */
import crypto from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { fail, root, run } from './shell.mjs';
import { testNames } from './test-names.mjs';

const tests = testNames();
const built = path.join(root, 'build', 'test', 'fixtures');
const { SHAPES } = createRequire(import.meta.url)(path.join(built, 'storm-shapes.js'));
/** So long, or longer, a soak may grow by so many KB a minute; a shorter one shows no slope that means anything. */
const SOAK = { seconds: 3600, most: 64 };
const folder = path.join(root, 'build', 'verify');
const file = path.join(folder, 'state.json');
const core = path.join(root, 'build', 'core');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string' }, restart: { type: 'boolean', default: false } },
});
const minutes = Number(values.minutes ?? Infinity);
if (!(minutes > 0)) fail(`--minutes must be a number above 0, not ${values.minutes}`);

/** Runs a command that must end well. Returns its output. */
async function succeed(command, args, env = {}) {
  const { code, signal, stdout, output } = await run(command, args, { env: { ...process.env, ...env } });
  if (code !== 0) {
    fs.writeFileSync(path.join(folder, 'failure.log'), output);
    throw new Error(`${command} ${args.join(' ')}: ${signal ?? code}; see build/verify/failure.log`);
  }
  return stdout;
}
const make = (where, ...args) => succeed('make', ['-s', '-C', where, ...args]);
const sum = (matches) => [...matches].reduce((total, match) => total + Number(match[1]), 0);
const randomSeed = () => crypto.randomInt(1, 2 ** 31);

/**
 * Each part: its goal and unit, how many of them a first slice does, the seconds that later ones take (`turn`), and `slice`, which does
 * about `amount` and returns how many it did.
 * `state` is the part's own, kept.
 */
const parts = {
  interleavings: {
    goal: 200_000_000,
    unit: 'interleavings of the ring under Relacy',
    first: 1_000_000,
    prepare: () => make('test/core', 'needs-relacy', '../../build/core/model/ring_relacy'),
    async slice(amount, state) {
      // Of each scenario; all together do some 30 times as many.
      const each = Math.max(1000, Math.round(amount / 30));
      const env = { MODEL_FIRST: String(state.next ?? 0), MODEL_ITERATIONS: String(each) };
      const output = await succeed(path.join(core, 'model', 'ring_relacy'), [], env);
      state.next = (state.next ?? 0) + each;
      return sum(output.matchAll(/^ring_relacy: (\d+) interleavings/gm));
    },
  },

  terminates: {
    goal: 10_000 * SHAPES.length,
    unit: `threads terminated in ${SHAPES.length} shapes of calls`,
    first: 5 * SHAPES.length,
    prepare: () => fs.promises.access(path.join(built, 'storm.child.js')),
    async slice(amount, state) {
      state.shapes ??= {};
      const rounds = Math.max(2, Math.round(amount / SHAPES.length));
      let done = 0;
      for (const shape of SHAPES) {
        const args = ['build/test/fixtures/storm.child.js', shape, String(rounds), String(randomSeed())];
        const told = (await succeed(process.execPath, args)).split(' ').map(Number);
        const [moved, inMotion, terminated] = told;
        const own = (state.shapes[shape] ??= { rounds: 0, inMotion: 0, moved: 0 });
        own.rounds += terminated;
        own.inMotion += inMotion;
        own.moved += moved;
        done += terminated;
        if (isOver()) break;
      }
      return done;
    },
    more: (state) => {
      const shapes = Object.entries(state.shapes ?? {});
      return shapes.map(([shape, { rounds, inMotion }]) => `${shape} ${inMotion} of ${rounds}`).join(', ');
    },
    moreTitle: 'ended while moving records',
  },

  events: {
    goal: 2_000_000_000,
    unit: 'events through native rings, each checked',
    first: 5_000_000,
    prepare: () => make('test/core', '../../build/core/plain/ring_stress_test'),
    async slice(amount) {
      // It puts some 27 million by itself.
      const env = { STRESS_MULTIPLIER: (amount / 27e6).toFixed(4), SEED: String(randomSeed()) };
      return sum(
        (await succeed(path.join(core, 'plain', 'ring_stress_test'), [], env)).matchAll(/^ {2}put (\d+)/gm),
      );
    },
  },

  fuzz: {
    goal: 14_400,
    unit: 'seconds of fuzzing',
    first: 6,
    prepare: () => make('test/fuzz', 'build'),
    async slice(amount, state) {
      const targets = fs
        .readdirSync(path.join(root, 'test', 'fuzz'))
        .filter((name) => name.endsWith('_fuzz.cc'));
      const each = Math.max(1, Math.round(amount / targets.length));
      const output = await succeed('make', ['-s', '-C', 'test/fuzz', 'run'], { FUZZ_SECONDS: String(each) });
      state.inputs = (state.inputs ?? 0) + sum(output.matchAll(/: +(\d+) inputs/g));
      return each * targets.length;
    },
    more: ({ inputs = 0 }) => `${inputs}`,
    moreTitle: 'inputs',
  },

  arm64: {
    goal: tests.length,
    unit: 'files of tests on emulated arm64',
    first: 1,
    async slice(amount, state) {
      state.names ??= [];
      const left = tests.filter((name) => !state.names.includes(name));
      const names = left.slice(0, Math.max(1, Math.round(amount)));
      const output = await succeed(process.execPath, ['scripts/test-arm64-suite.mjs', ...names]);
      state.names.push(...names);
      state.passed = (state.passed ?? 0) + sum(output.matchAll(/(\d+) passed/g));
      state.skipped = (state.skipped ?? 0) + sum(output.matchAll(/(\d+) skipped/g));
      return names.length;
    },
    more: ({ passed = 0, skipped = 0 }) => `${passed}, skipped ${skipped}`,
    moreTitle: 'tests passed',
  },

  soak: {
    goal: 7_200,
    unit: 'seconds of tapio collect at 20,000 events a second',
    first: 20,
    // More than a slice: beginning and end take time, too.
    turn: 1.25 * SOAK.seconds,
    async slice(amount, state) {
      const seconds = Math.min(SOAK.seconds, Math.max(15, Math.round(amount)));
      const { delivered, dropped, slope } = JSON.parse(
        await succeed(process.execPath, ['scripts/soak.mjs', String(seconds)]),
      );
      state.delivered = (state.delivered ?? 0) + delivered;
      state.dropped = (state.dropped ?? 0) + dropped;
      if (seconds >= (state.longest?.seconds ?? 0)) state.longest = { seconds, slope };
      if (seconds >= SOAK.seconds && slope > SOAK.most)
        throw new Error(`memory grew by ${slope} KB a minute over ${seconds} s; ${SOAK.most} are allowed`);
      return seconds;
    },
    more: ({ delivered = 0, dropped = 0, longest }) =>
      `${delivered}, dropped ${dropped}; the longest, ${longest?.seconds} s, has a slope of ${longest?.slope} KB a minute`,
    moreTitle: 'delivered',
  },
};

const names = positionals.length > 0 ? positionals : Object.keys(parts);
const unknown = names.filter((name) => !(name in parts));
if (unknown.length > 0)
  fail(`no such part: ${unknown.join(', ')}; there are: ${Object.keys(parts).join(', ')}`);

fs.mkdirSync(folder, { recursive: true });
const state = !values.restart && fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {};
const start = performance.now();
const elapsed = () => (performance.now() - start) / 1000;
const isOver = () => elapsed() >= minutes * 60;
const count = (number) => Math.round(number).toLocaleString('en-US');
/** Seconds of one slice of a part: what it asks for, else five minutes; less, so that each part has two turns. */
const turnOf = ({ turn = 300 }) => Math.min(turn, (minutes * 60) / (2 * names.length));

/** Does one slice of a part. Returns whether it went well. */
async function take(name) {
  const own = (state[name] ??= { done: 0, seconds: 0 });
  const { goal, first, slice } = parts[name];
  const wanted = own.seconds > 0 ? (own.done / own.seconds) * turnOf(parts[name]) : first;
  const since = elapsed();
  try {
    const done = await slice(Math.min(wanted, Math.max(goal - own.done, first)), own);
    own.done += done;
    own.seconds += elapsed() - since;
    console.log(
      `ok      ${name}: ${count(done)} more, ${count(own.done)} of ${count(goal)} (${(elapsed() - since).toFixed(0)} s)`,
    );
    return true;
  } catch (error) {
    own.failures = (own.failures ?? 0) + 1;
    console.log(`failed  ${name}: ${error.message}`);
    return false;
  } finally {
    fs.writeFileSync(`${file}.tmp`, JSON.stringify(state, null, 2));
    fs.renameSync(`${file}.tmp`, file);
  }
}

function printTotals() {
  console.log('\ntotals of all runs');
  for (const name of names) {
    const own = state[name];
    if (own === undefined) continue;
    const { goal, unit, more, moreTitle } = parts[name];
    const share = Math.floor((100 * own.done) / goal);
    console.log(
      `  ${count(own.done)} ${unit} (${share}% of ${count(goal)}, ${count(own.seconds)} s, ${own.failures ?? 0} failures)`,
    );
    if (more) console.log(`    ${moreTitle}: ${more(own)}`);
  }
}

let well = true;
for (const name of names) await parts[name].prepare?.().catch((error) => fail(`${name}: ${error.message}`));
const isOpen = (name) => (state[name]?.done ?? 0) < parts[name].goal;
while (well && !isOver() && names.some(isOpen)) {
  for (const name of names.filter(isOpen)) {
    well = await take(name);
    if (!well || isOver()) break;
  }
}
printTotals();
console.log(
  well
    ? names.some(isOpen)
      ? 'verify: time is over, the next run goes on'
      : 'verify: all goals reached'
    : 'verify: failed',
);
process.exitCode = well ? 0 : 1;
