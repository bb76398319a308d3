/**
 * Ours beside what a Node user would pick instead: `npm run bench:peers [-- NAME...]`, where a name is part of a row's.
 *
 * REPEATS (default 7) is how often everybody has a turn.
 */
import { compareAcrossThreads } from './measure/cross-thread';
import { compareInOneThread } from './measure/one-thread';
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

async function main(names: readonly string[]): Promise<void> {
  const selected = rows.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));
  if (selected.length === 0)
    throw new Error(`no row has such a name; there are: ${rows.map(({ name }) => name).join(', ')}`);
  const session = new Session('peers', 'npm run bench:peers');
  for (const row of selected) session.add(await measure(row));
}

finish(main(process.argv.slice(2)));
