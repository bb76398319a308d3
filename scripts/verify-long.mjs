/**
 * Proofs that take hours, in slices that take turns, until each has reached its goal or the time is over:
 *
 *   npm run verify:long [-- --minutes N] [-- PART...]    --restart forgets what was done of them
 *
 * What is done is kept in build/verify/totals.json after each slice: a run that ends in any way is gone on with by the next one. It is
 * kept by the contents of what it proves: after a change a part begins anew. Each slice takes new random numbers. The first failure ends
 * the run and keeps its output; the totals are printed in any case, and tell of a failure until --restart.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fail, readArguments } from './shell.mjs';
import { folder, parts } from './verify/parts.mjs';
import { hashOf } from './verify/tree.mjs';

const file = path.join(folder, 'totals.json');
const { values, positionals } = readArguments({
  allowPositionals: true,
  options: { minutes: { type: 'string' }, restart: { type: 'boolean', default: false } },
});
const minutes = Number(values.minutes ?? Infinity);
if (!(minutes > 0)) fail(`--minutes must be a number above 0, not ${values.minutes}`, 2);
const names = positionals.length > 0 ? positionals : Object.keys(parts);
const unknown = names.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0)
  fail(`no such part: ${unknown.join(', ')}; there are: ${Object.keys(parts).join(', ')}`, 2);

fs.mkdirSync(folder, { recursive: true });
for (const name of names) await parts[name].prepare().catch((error) => fail(`${name}: ${error.message}`));
const start = performance.now();
const elapsed = () => (performance.now() - start) / 1000;
const secondsLeft = () => minutes * 60 - elapsed();
const isOver = () => secondsLeft() <= 0;
const count = (number) => Math.round(number).toLocaleString('en-US');

const treeOf = (name) => hashOf(parts[name].files());
const trees = Object.fromEntries(names.map((name) => [name, treeOf(name)]));
const goals = Object.fromEntries(
  names.map((name) => [name, typeof parts[name].goal === 'function' ? parts[name].goal() : parts[name].goal]),
);
/** Of each part, by its tree. */
const totals = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {};
for (const name of names) {
  const ofPart = (totals[name] ??= {});
  if (values.restart) delete ofPart[trees[name]];
  ofPart[trees[name]] ??= { done: 0, seconds: 0, failures: 0 };
}
const totalsOf = (name) => totals[name][trees[name]];
const isOpen = (name) => totalsOf(name).done < goals[name];
/** Whether a slice of it is of use in what time is left. */
const fits = (name) => secondsLeft() >= (parts[name].least?.(totalsOf(name)) ?? 0);
/** Seconds of one slice of a part: what it asks for, else five minutes; less, so that each part has two turns. */
const turnOf = ({ turn = 300 }) => Math.min(turn, (minutes * 60) / (2 * names.length));

function save() {
  fs.writeFileSync(`${file}.tmp`, JSON.stringify(totals, null, 2));
  fs.renameSync(`${file}.tmp`, file);
}

/** Does one slice of a part. Returns whether it went well. */
async function take(name) {
  const own = totalsOf(name);
  const part = parts[name];
  const turn = turnOf(part);
  const wanted = own.seconds > 0 ? Math.max(1, (own.done / own.seconds) * turn) : part.first;
  const amount = Math.min(wanted, Math.max(goals[name] - own.done, part.first));
  const before = JSON.parse(JSON.stringify(own));
  const since = elapsed();
  let counted = 0;
  let problem;
  try {
    counted = await part.slice(amount, own, isOver, turn);
    if (!(counted > 0)) problem = 'the slice counted nothing';
  } catch (error) {
    problem = error.message;
  }
  const seconds = elapsed() - since;
  const isChanged = treeOf(name) !== trees[name];
  if (isChanged) {
    totals[name][trees[name]] = before;
    problem = `what is proven was changed meanwhile, this slice counts for nothing: ${problem ?? 'it went well'}`;
  } else {
    own.seconds += seconds;
    own.done = part.done?.(own) ?? own.done + counted;
    if (problem !== undefined) own.failures++;
  }
  save();
  const progress = `${count(counted)} more, ${count(own.done)} of ${count(goals[name])} (${count(seconds)} s)`;
  console.log(problem === undefined ? `ok      ${name}: ${progress}` : `failed  ${name}: ${problem}`);
  return problem === undefined;
}

function printTotals() {
  console.log('\ntotals of all runs');
  for (const name of names) {
    const own = totalsOf(name);
    const { unit, more } = parts[name];
    const share = Math.floor((100 * own.done) / goals[name]);
    console.log(
      `  ${count(own.done)} ${unit} (${share}% of ${count(goals[name])}, ${count(own.seconds)} s, ${own.failures} failures)`,
    );
    if (more && own.seconds > 0) console.log(`    ${more(own)}`);
    const others = Object.entries(totals[name]).filter(([tree]) => tree !== trees[name]);
    const older = others.reduce((sum, [, { done }]) => sum + done, 0);
    if (older > 0) console.log(`    put aside: ${count(older)} of older trees`);
  }
}

let well = true;
for (let open; well && (open = names.filter((name) => isOpen(name) && fits(name))).length > 0 && !isOver();) {
  for (const name of open) {
    well = await take(name);
    if (!well || isOver()) break;
  }
}
printTotals();
const failed = names.filter((name) => totalsOf(name).failures > 0);
if (well && failed.length > 0)
  console.log(`verify: failed before, in ${failed.join(', ')}: --restart forgets it, with the totals`);
else if (!well) console.log('verify: failed');
else
  console.log(
    names.some(isOpen) ? 'verify: time is over, the next run goes on' : 'verify: all goals reached',
  );
process.exitCode = well && failed.length === 0 ? 0 : 1;
