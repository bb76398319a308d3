/**
 * Ours beside what a Node user would pick instead: `npm run bench:peers [-- NAME...]`, where a name is part of a row's. With
 * `--against REV`, ours beside ours of another commit, and fails if a row got slower.
 *
 * REPEATS (default 7) is how often everybody has a turn.
 */
import { parseArgs } from 'node:util';
import { againstRows, type OtherBuild, printAgainst, verdictOn } from './measure/against';
import { compareAcrossThreads } from './measure/cross-thread';
import { describe, machine } from './measure/machine';
import { compareInOneThread } from './measure/one-thread';
import { progressDone } from './measure/progress';
import type { RowResult } from './measure/result';
import type { Row } from './measure/row';
import { finish, repeats, Session } from './measure/session';
import { rows } from './rows/index';

/** A paced row takes its time, whatever the contender. */
const MOST_PACED = 3;

async function measure(row: Row): Promise<RowResult> {
  const contenders =
    row.kind === 'one-thread'
      ? await compareInOneThread(row, repeats)
      : await compareAcrossThreads(row, row.kind === 'paced' ? Math.min(repeats, MOST_PACED) : repeats);
  return { name: row.name, title: row.title, kind: row.kind, targets: row.targets ?? [], contenders };
}

function select(names: readonly string[]): Row[] {
  const selected = rows.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));
  if (selected.length === 0)
    throw new Error(`no row has such a name; there are: ${rows.map(({ name }) => name).join(', ')}`);
  return selected;
}

async function main(selected: readonly Row[]): Promise<void> {
  const session = new Session('peers', 'npm run bench:peers');
  for (const row of selected) session.add(await measure(row));
}

async function compareBuilds(selected: readonly Row[], other: OtherBuild): Promise<void> {
  console.log(`${describe(machine())}; ${repeats} interleaved repeats, medians; against ${other.name}`);
  const slower: string[] = [];
  for (const row of againstRows(selected, other)) {
    const result = await measure(row);
    progressDone();
    slower.push(...printAgainst(result));
  }
  process.exitCode = verdictOn(slower);
}

const { values, positionals } = parseArgs({
  options: { against: { type: 'string' }, folder: { type: 'string' } },
  allowPositionals: true,
});
const { against: name, folder } = values;
finish(
  name === undefined || folder === undefined
    ? main(select(positionals))
    : compareBuilds(select(positionals), { name, folder }),
);
