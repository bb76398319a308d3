/**
 * Ours beside what a Node user would pick instead: `npm run bench:peers [-- NAME...]`, where a name is part of a row's.
 *
 * REPEATS (default 7) is how often everybody has a turn.
 */
import { compareAcrossThreads } from './measure/cross-thread';
import { describe, machine } from './measure/machine';
import { compareInOneThread } from './measure/one-thread';
import { progressDone } from './measure/progress';
import type { RowResult } from './measure/result';
import { saveResults } from './measure/results-file';
import type { Row } from './measure/row';
import { printRow } from './measure/table';
import { rows } from './rows/index';

const repeats = Number(process.env.REPEATS ?? 7);
const names = process.argv.slice(2);
const selected = rows.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));

async function measure(row: Row): Promise<RowResult> {
  const contenders =
    row.kind === 'one-thread'
      ? await compareInOneThread(row, repeats)
      : await compareAcrossThreads(row, row.kind === 'paced' ? Math.min(repeats, 3) : repeats);
  return { name: row.name, title: row.title, kind: row.kind, targets: row.targets ?? [], contenders };
}

async function main(): Promise<void> {
  if (selected.length === 0) {
    console.error(`no row has such a name; there are: ${rows.map(({ name }) => name).join(', ')}`);
    process.exitCode = 1;
    return;
  }
  const here = machine();
  console.log(`${describe(here)}; ${repeats} interleaved repeats`);
  console.log('* ours; ratio: times as fast as the best peer, median of the repeats;');
  console.log('CPU: seconds of all threads for a million; garbage: bytes for each operation');
  const results: RowResult[] = [];
  const command = ['npm run bench:peers', ...(names.length > 0 ? ['--', ...names] : [])].join(' ');
  for (const row of selected) {
    const result = await measure(row);
    progressDone();
    printRow(result);
    results.push(result);
    saveResults({ suite: 'peers', command, machine: here, repeats, rows: results });
  }
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    progressDone();
    console.error(error);
    process.exit(1);
  },
);
