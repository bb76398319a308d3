/** One run of a suite: prints each row as it is measured, and keeps it in the results. */
import { describe, machine } from './machine';
import { progressDone } from './progress';
import type { RowResult } from './result';
import { saveResults } from './results-file';
import { printRow } from './table';

/** How often everybody has a turn; at least 5 for figures that are told to others. */
export const repeats = Math.max(1, Number(process.env.REPEATS ?? 7));

export class Session {
  private readonly machine = machine();
  private readonly rows: RowResult[] = [];

  constructor(
    private readonly suite: string,
    private readonly command: string,
  ) {
    console.log(`${describe(this.machine)}; ${repeats} interleaved repeats`);
    console.log('* ours; ratio: times as fast as the best peer, median of the repeats;');
    console.log('CPU: seconds of all threads for a million; garbage: bytes for each operation');
  }

  add(row: RowResult): void {
    progressDone();
    printRow(row);
    this.rows.push(row);
    const { suite, command } = this;
    saveResults({ suite, command, machine: this.machine, repeats, rows: this.rows });
  }
}

/** Ends the process when the work has, as failed when it has. */
export function finish(work: Promise<void>): void {
  work.then(
    () => process.exit(),
    (error: unknown) => {
      progressDone();
      console.error(error);
      process.exit(1);
    },
  );
}
