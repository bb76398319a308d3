import { getEntityId, getSeverity } from '../../event/helpers';
import type { Severity, UnifiedEvent } from '../../event/unified-event';
import { isArray, TapioError } from '../../errors';
import { checkNames, checkOptions, invalidArgument } from '../../validate';

/** All that are given must hold. A text that ends in `*` stands for all that begin with what is before it. */
export interface EventFilter {
  types?: string[];
  sources?: string[];
  /** By `getSeverity`; what is none of the severities counts as `info`. */
  minSeverity?: Severity;
  /** By `getEntityId`. */
  entities?: string[];
}

const SEVERITIES: readonly string[] = [
  'debug',
  'info',
  'low',
  'medium',
  'warning',
  'high',
  'error',
  'critical',
] satisfies Severity[];
const INFO = SEVERITIES.indexOf('info');
/** Of one list, so that an event costs a bounded time. */
const MAX_PATTERNS = 1024;

export type Wanted = (event: UnifiedEvent) => boolean;

/** Of a user's own. @throws TapioError ERR_INVALID_ARGUMENT */
export function checkFilter(filter: EventFilter | undefined): void {
  wantedBy(filter);
  checkNames('filter', filter ?? {}, ['types', 'sources', 'minSeverity', 'entities']);
}

/** Undefined: every event. @throws TapioError ERR_INVALID_ARGUMENT */
export function wantedBy(filter: EventFilter | undefined): Wanted | undefined {
  const { types, sources, minSeverity, entities } = checkOptions(filter, 'filter');
  const tests: Wanted[] = [];
  const type = matcher('types', types);
  if (type !== undefined) tests.push((event) => type(event.type));
  const source = matcher('sources', sources);
  if (source !== undefined) tests.push((event) => source(event.source));
  if (minSeverity !== undefined) {
    const least = SEVERITIES.indexOf(minSeverity);
    if (least < 0) throw invalidArgument('minSeverity', minSeverity, `one of ${SEVERITIES.join(', ')}`);
    if (least > 0) tests.push((event) => rankOf(getSeverity(event)) >= least);
  }
  const entity = matcher('entities', entities);
  if (entity !== undefined) tests.push((event) => entity(getEntityId(event)));
  return tests.length === 0 ? undefined : (event) => tests.every((test) => test(event));
}

function rankOf(severity: string): number {
  const rank = SEVERITIES.indexOf(severity);
  return rank < 0 ? INFO : rank;
}

/** Undefined: every text. An empty list is one that is not given, as protobuf cannot tell them apart. */
function matcher(
  name: string,
  patterns: readonly string[] | undefined,
): ((text: string) => boolean) | undefined {
  if (patterns === undefined) return undefined;
  if (!isArray(patterns) || !patterns.every((pattern) => typeof pattern === 'string'))
    throw invalidArgument(name, patterns, 'an array of strings');
  if (patterns.length === 0) return undefined;
  if (patterns.length > MAX_PATTERNS)
    throw new TapioError(
      'ERR_INVALID_ARGUMENT',
      `${name} must be at most ${MAX_PATTERNS}, not ${patterns.length}`,
    );
  const exact = new Set(patterns.filter((pattern) => !pattern.endsWith('*')));
  const prefixes = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1));
  return (text) => exact.has(text) || prefixes.some((prefix) => text.startsWith(prefix));
}
