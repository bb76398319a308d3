/**
 * The native core beside other rings, without Node: `npm run bench:core [-- NAME...]`, where a name is part of a
 * row's. REPEATS (default 7) is how often each ring has a turn.
 */
import { runCore } from './measure/core-rows';
import { finish, Session } from './measure/session';
import type { Target } from './measure/row';

const SPSC = '(SPSC)';

/** Against the best of all, and against the best of those that any number of threads may use. */
function targets(row: string): Target[] {
  const [, size, load] = row.split('-');
  if (load === '4p4c') return [{ times: size === '256' ? 0.9 : 0.75 }];
  if (size !== '256') return [];
  return [{ times: 0.9 }, { times: load === 'batch' ? 1 : 0.9, without: SPSC }];
}

const names = process.argv.slice(2);
const session = new Session('core', 'npm run bench:core');
finish(runCore(names, targets, (row) => session.add(row)));
