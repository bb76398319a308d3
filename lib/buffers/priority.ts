import { getSeverity } from '../event/helpers';
import type { UnifiedEvent } from '../event/unified-event';
import { invalidArgument } from '../validate';

export type Priority = 'critical' | 'high' | 'normal' | 'low';

/** The most urgent first: the order of the rings. */
export const PRIORITIES: readonly Priority[] = ['critical', 'high', 'normal', 'low'];

/** Which level an event belongs to. Runs in the thread that puts, before anything is stored. */
export type PriorityRoute = (event: UnifiedEvent) => Priority;

const BY_SEVERITY: ReadonlyMap<string, Priority> = new Map([
  ['critical', 'critical'],
  ['high', 'high'],
  ['error', 'high'],
  ['medium', 'normal'],
  ['warning', 'normal'],
]);

/** By `getSeverity`: critical; high and error; medium and warning; the rest is low. */
export function routeBySeverity(event: UnifiedEvent): Priority {
  try {
    return BY_SEVERITY.get(getSeverity(event)) ?? 'low';
  } catch {
    // What has no properties is no event; the put says so and names it.
    return 'low';
  }
}

/** The number of the level that a route names. @throws TapioError ERR_INVALID_ARGUMENT for what is no priority */
export function levelOf(priority: unknown): number {
  const level = PRIORITIES.indexOf(priority as Priority);
  if (level < 0) throw invalidArgument('what route returns', priority, `one of ${PRIORITIES.join(', ')}`);
  return level;
}

/** One value for each level. */
export function forEachPriority<T>(make: (level: number) => T): Record<Priority, T> {
  return { critical: make(0), high: make(1), normal: make(2), low: make(3) };
}
