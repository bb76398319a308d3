/** Small questions about events, and making one. */
import { isArrayOrRevoked } from '../errors';
import { invalidArgument } from '../validate';
import { isPlain } from './empty-object';
import { generateEventId } from './event-id';
import { EVENT_FIELDS } from './generated/fields';
import { invalid } from './invalid-event';
import type { UnifiedEvent } from './unified-event';
import { readFailure } from './unreadable-event';

/**
 * An event of the given fields; id and timestamp (the clock's, with milliseconds) are filled in, type and source are '' where left
 * out. Does not check the fields: what takes the event does.
 * @throws TapioError ERR_INVALID_ARGUMENT for what is no object, or shows no field of an event and is not plain; ERR_INVALID_EVENT
 *   for what cannot be read
 */
export function createEvent(fields: Partial<UnifiedEvent>): UnifiedEvent {
  if (typeof fields !== 'object' || fields === null) throw invalidArgument('fields', fields, 'an object');
  const given = givenFields(fields);
  const event: UnifiedEvent = { id: '', timestamp: 0n, type: '', source: '', ...given };
  if (given.id === undefined || given.id === null) event.id = generateEventId();
  if (given.timestamp === undefined || given.timestamp === null)
    event.timestamp = BigInt(Date.now()) * 1_000_000n;
  event.type ??= '';
  event.source ??= '';
  return event;
}

function givenFields(fields: Partial<UnifiedEvent>): Partial<UnifiedEvent> {
  try {
    return isPlain(fields) ? fields : shownFields(fields);
  } catch (error) {
    throw readFailure(fields, error);
  }
}

/** Those of an object of a class, whose fields need not be its own. */
function shownFields(fields: Partial<UnifiedEvent>): Partial<UnifiedEvent> {
  if (isArrayOrRevoked(fields)) throw invalidArgument('fields', fields, 'an object');
  const shown: Record<string, unknown> = {};
  let knows = false;
  for (const { name } of EVENT_FIELDS) {
    if (!(name in fields)) continue;
    knows = true;
    const value = fields[name as keyof UnifiedEvent];
    if (value !== undefined && value !== null) shown[name] = value;
  }
  if (!knows) throw invalidArgument('fields', fields, 'a plain object, or one that has a field of an event');
  return shown;
}

/**
 * The event's severity, else its impact's, else its application level, else 'warning' for a Kubernetes Warning, else 'info'.
 * @throws TapioError ERR_INVALID_EVENT for what is no object or cannot be read, as all functions here do
 */
export function getSeverity(event: UnifiedEvent): string {
  return toldSeverity(event) ?? 'info';
}

/** The same but that it is undefined where the event says none. */
export function toldSeverity(event: UnifiedEvent): string | undefined {
  return ask(event, severityOf);
}

/** Reads no more than it needs: of a view each field is decoded when it is read. */
function severityOf(event: UnifiedEvent): string | undefined {
  if (event.severity) return event.severity;
  if (event.impact?.severity) return event.impact.severity;
  if (event.application?.level) return event.application.level;
  return event.kubernetes?.eventType === 'Warning' ? 'warning' : undefined;
}

/** The entity's uid, else its namespace/name, else its name, else ''. */
export function getEntityId(event: UnifiedEvent): string {
  return ask(event, entityIdOf);
}

function entityIdOf({ entity }: UnifiedEvent): string {
  if (!entity) return '';
  if (entity.uid) return entity.uid;
  return entity.namespace ? `${entity.namespace}/${entity.name}` : entity.name || '';
}

/** Whether the event belongs to a trace. */
export function hasTraceContext(event: UnifiedEvent): boolean {
  return ask(event, ({ traceContext }) => Boolean(traceContext?.traceId));
}

/** Whether the event has a kernel section. */
export function isKernelEvent(event: UnifiedEvent): boolean {
  return hasSection(event, 'kernel');
}

/** Whether the event has a network section. */
export function isNetworkEvent(event: UnifiedEvent): boolean {
  return hasSection(event, 'network');
}

/** Whether the event has an application section. */
export function isApplicationEvent(event: UnifiedEvent): boolean {
  return hasSection(event, 'application');
}

/** Whether the event has a kubernetes section. */
export function isKubernetesEvent(event: UnifiedEvent): boolean {
  return hasSection(event, 'kubernetes');
}

/** Whether the event has a metrics section. */
export function isMetricEvent(event: UnifiedEvent): boolean {
  return hasSection(event, 'metrics');
}

function hasSection(event: UnifiedEvent, name: keyof UnifiedEvent): boolean {
  return ask(event, ({ [name]: section }) => section !== undefined && section !== null);
}

function ask<T>(event: UnifiedEvent, question: (event: UnifiedEvent) => T): T {
  if (typeof event !== 'object' || event === null || isArrayOrRevoked(event))
    throw invalid('event', event, 'an object');
  try {
    return question(event);
  } catch (error) {
    throw readFailure(event, error);
  }
}
