/** Results as JSON in bench/results, where `npm run bench:report` finds them. */
import fs from 'node:fs';
import path from 'node:path';
import type { Machine } from './machine';

export const resultsFolder = path.resolve(__dirname, '../../../bench/results');

export interface ResultsFile<T> {
  readonly suite: string;
  readonly command: string;
  readonly machine: Machine;
  readonly repeats: number;
  readonly rows: readonly T[];
}

/** Rows of an earlier run on the same machine and day stay unless they were measured again. Returns the file's name. */
export function saveResults<T extends { readonly name: string }>(results: ResultsFile<T>): string {
  fs.mkdirSync(resultsFolder, { recursive: true });
  const { suite, machine } = results;
  const file = path.join(resultsFolder, `${suite}-node${machine.node.split('.')[0]}.json`);
  const earlier = readResults<T>(file);
  const same = earlier !== undefined && JSON.stringify(earlier.machine) === JSON.stringify(machine);
  const kept = (same ? earlier.rows : []).filter(
    ({ name }) => !results.rows.some((row) => row.name === name),
  );
  fs.writeFileSync(file, `${JSON.stringify({ ...results, rows: [...kept, ...results.rows] }, null, 1)}\n`);
  return path.relative(process.cwd(), file);
}

function readResults<T>(file: string): ResultsFile<T> | undefined {
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as ResultsFile<T>) : undefined;
}
