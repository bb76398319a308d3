/** Small questions about events, and making one. */
import { generateEventId } from './event-id';
import type { UnifiedEvent } from './unified-event';

/** An event of the given fields; id and timestamp (the clock's, with milliseconds) are filled in, type and source are '' where left out. */
export function createEvent(fields: Partial<UnifiedEvent>): UnifiedEvent {
  const event: UnifiedEvent = { id: '', timestamp: 0n, type: '', source: '', ...fields };
  if (fields.id === undefined || fields.id === null) event.id = generateEventId();
  if (fields.timestamp === undefined || fields.timestamp === null)
    event.timestamp = BigInt(Date.now()) * 1_000_000n;
  event.type ??= '';
  event.source ??= '';
  return event;
}

/** The event's severity, else its impact's, else its application level, else 'warning' for a Kubernetes Warning, else 'info'. */
export function getSeverity(event: UnifiedEvent): string {
  if (event.severity) return event.severity;
  if (event.impact?.severity) return event.impact.severity;
  if (event.application?.level) return event.application.level;
  return event.kubernetes?.eventType === 'Warning' ? 'warning' : 'info';
}

/** The entity's uid, else its namespace/name, else its name, else ''. */
export function getEntityId(event: UnifiedEvent): string {
  const entity = event.entity;
  if (!entity) return '';
  if (entity.uid) return entity.uid;
  return entity.namespace ? `${entity.namespace}/${entity.name}` : entity.name || '';
}

/** Whether the event belongs to a trace. */
export function hasTraceContext(event: UnifiedEvent): boolean {
  return Boolean(event.traceContext?.traceId);
}

/** Whether the event has a kernel section. */
export function isKernelEvent(event: UnifiedEvent): boolean {
  return isPresent(event.kernel);
}

/** Whether the event has a network section. */
export function isNetworkEvent(event: UnifiedEvent): boolean {
  return isPresent(event.network);
}

/** Whether the event has an application section. */
export function isApplicationEvent(event: UnifiedEvent): boolean {
  return isPresent(event.application);
}

/** Whether the event has a kubernetes section. */
export function isKubernetesEvent(event: UnifiedEvent): boolean {
  return isPresent(event.kubernetes);
}

/** Whether the event has a metrics section. */
export function isMetricEvent(event: UnifiedEvent): boolean {
  return isPresent(event.metrics);
}

function isPresent(section: object | null | undefined): boolean {
  return section !== undefined && section !== null;
}
