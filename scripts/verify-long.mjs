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
import { Changed, hashOf } from './verify/tree.mjs';

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
const treeOf = (name) => hashOf(parts[name].files());
const trees = Object.fromEntries(names.map((name) => [name, treeOf(name)]));
for (const name of names) await parts[name].prepare().catch((error) => fail(`${name}: ${error.message}`));
const edited = names.filter((name) => treeOf(name) !== trees[name]);
if (edited.length > 0)
  fail(`what is proven was changed while it was built: ${edited.join(', ')}; the next run builds it again`);

const start = performance.now();
const elapsed = () => (performance.now() - start) / 1000;
const secondsLeft = () => minutes * 60 - elapsed();
const isOver = () => secondsLeft() <= 0;
const count = (number) => Math.round(number).toLocaleString('en-US');
const goals = Object.fromEntries(
  names.map((name) => [name, typeof parts[name].goal === 'function' ? parts[name].goal() : parts[name].goal]),
);
/** Of each part, by its tree. */
const totals = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {};
for (const name of names) {
  const ofPart = (totals[name] ??= {});
  if (values.restart) delete ofPart[trees[name]];
  const own = (ofPart[trees[name]] ??= { done: 0, seconds: 0, failures: 0 });
  // It may be fewer than after the last slice: a changed test is to be run again.
  own.done = parts[name].done?.(own) ?? own.done;
}
const totalsOf = (name) => totals[name][trees[name]];
const isOpen = (name) => totalsOf(name).done < goals[name];
const leastOf = (name) => parts[name].least?.(totalsOf(name)) ?? 0;
/** Whether a slice of it is of use in what time is left; in whole seconds, as a run of just so many has begun already. */
const fits = (name) => !isOver() && Math.ceil(secondsLeft()) >= leastOf(name);
/** What is to be done next, in turns: first what needs the most time, or it would never have it. */
const round = () =>
  names.filter((name) => isOpen(name) && fits(name)).sort((one, other) => leastOf(other) - leastOf(one));
/** Seconds of one slice of a part: what it asks for, else five minutes; less, so that each part has two turns, and the time is kept. */
const turnOf = ({ turn = 300 }) => Math.min(turn, (minutes * 60) / (2 * names.length), secondsLeft());

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
  let isChanged = false;
  try {
    counted = await part.slice(amount, own, isOver, turn);
    if (!(counted > 0)) problem = 'the slice counted nothing';
  } catch (error) {
    problem = error.message;
    isChanged = error instanceof Changed;
  }
  const seconds = elapsed() - since;
  if (isChanged || treeOf(name) !== trees[name]) {
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
    const older = others.reduce((sum, [, other]) => sum + (other?.done ?? 0), 0);
    if (older > 0) console.log(`    put aside: ${count(older)} of older trees`);
  }
}

/** What is yet to be done, and by which run. */
function outlook() {
  const open = names.filter(isOpen);
  if (open.length === 0) return 'all goals reached';
  const short = open.filter((name) => leastOf(name) > minutes * 60);
  const needs = short.map((name) => `${name} needs --minutes ${Math.ceil(leastOf(name) / 60)}`);
  return [...(short.length < open.length ? ['time is over, the next run goes on'] : []), ...needs].join('; ');
}

let well = true;
for (let open; well && (open = round()).length > 0;) {
  for (const name of open) {
    if (fits(name)) well = await take(name);
    if (!well) break;
  }
}
printTotals();
const failed = names.filter((name) => totalsOf(name).failures > 0);
if (well && failed.length > 0)
  console.log(`verify: failed before, in ${failed.join(', ')}: --restart forgets it, with the totals`);
else console.log(`verify: ${well ? outlook() : 'failed'}`);
process.exitCode = well && failed.length === 0 ? 0 : 1;
