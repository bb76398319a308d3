/** Results as JSON in bench/results, where `npm run bench:report` finds them. */
import fs from 'node:fs';
import path from 'node:path';
import type { Machine } from './machine';
import type { RowResult } from './result';

export const resultsFolder = path.resolve(__dirname, '../../../bench/results');

export interface ResultsFile<T = RowResult> {
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
  const kept = same ? earlier.rows : [];
  const rows = new Map([...kept, ...results.rows].map((row) => [row.name, row]));
  // A run of all rows knows their order, one of some does not.
  const isWhole = rows.size === results.rows.length;
  const inOrder = isWhole ? results.rows : [...rows.values()];
  fs.writeFileSync(file, `${JSON.stringify({ ...results, rows: inOrder }, null, 1)}\n`);
  return path.relative(process.cwd(), file);
}

/** The results of all suites, by the names of their files without the ending. */
export function readAllResults(): { name: string; results: ResultsFile }[] {
  const files = fs.existsSync(resultsFolder) ? fs.readdirSync(resultsFolder) : [];
  const found = files.filter((file) => file.endsWith('.json')).sort();
  if (found.length === 0) throw new Error('no results yet: npm run bench:peers, bench:core or bench:scaling');
  return found.map((file) => ({
    name: path.basename(file, '.json'),
    results: readResults<RowResult>(path.join(resultsFolder, file)) as ResultsFile,
  }));
}

function readResults<T>(file: string): ResultsFile<T> | undefined {
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as ResultsFile<T>) : undefined;
}
