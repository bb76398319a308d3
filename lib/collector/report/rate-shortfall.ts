/** Whether the synthetic source kept the rate it was asked for. */
import os from 'node:os';
import type { Summary } from './summary';
import { count } from '../text/figures';

/** A run may fall this share short without a word. */
const TOLERANCE = 0.02;

/** What to tell people, or undefined. producingMs: how long the sources ran. */
export function rateShortfall(
  { sources }: Pick<Summary, 'sources'>,
  workers: number,
  producingMs: number,
): string | undefined {
  const { produced = 0, requestedRate } = sources.synthetic ?? {};
  if (requestedRate === undefined) return undefined;
  const expected = (requestedRate * producingMs) / 1000;
  // Each worker puts whole events only.
  if (produced >= expected * (1 - TOLERANCE) - workers) return undefined;
  const hint = workers < os.availableParallelism() ? ' (try --workers)' : '';
  return `asked for ${count(requestedRate)}/s, reached ${count((produced * 1000) / producingMs)}/s${hint}`;
}
