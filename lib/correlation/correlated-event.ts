/** Correlated events: what was found, as an event of its own. */
import { createEvent, generateEventId, type Severity, type UnifiedEvent } from '../index';
import { isFailure } from './causal-step';
import type { Observation } from './observation';

/** `event.source` of correlated events. */
export const CORRELATION_SOURCE = 'correlation';

/** `latest`: the event that came last. `events`: those it is made of, oldest first. */
export function burstEvent(latest: Readonly<UnifiedEvent>, events: readonly Observation[]): UnifiedEvent {
  return correlatedEvent('burst', latest, events, {
    severity: 'warning',
    message: `${events.length} events ${events[0].type} ${within(events)}`,
    pattern: 'burst',
    stage: 'started',
  });
}

/** `events`: from cause to effect. */
export function chainEvent(latest: Readonly<UnifiedEvent>, events: readonly Observation[]): UnifiedEvent {
  const { severity } = events[events.length - 1];
  return correlatedEvent('chain', latest, events, {
    severity: isFailure(severity) ? severity : 'error',
    message: `${events.map(stepText).join(' -> ')} ${within(events)}`,
    pattern: 'exec-connect-error',
    stage: 'error',
    causalChain: events.map(({ id }) => id),
  });
}

function correlatedEvent(
  kind: string,
  { entity, kernel }: Readonly<UnifiedEvent>,
  events: readonly Observation[],
  what: { severity: Severity; message: string; pattern: string; stage: string; causalChain?: string[] },
): UnifiedEvent {
  const { severity, message, ...correlation } = what;
  const event = createEvent({
    timestamp: events[events.length - 1].timestamp,
    type: `correlation.${kind}`,
    source: CORRELATION_SOURCE,
    category: 'correlation',
    severity,
    message,
    correlation: {
      correlationId: generateEventId(),
      groupId: events[0].groupId,
      parentEventId: events[0].id,
      relatedEvents: events.map(({ id }) => id),
      ...correlation,
    },
  });
  // What the group is, and no more: labels and the like are with the related events.
  if (entity) {
    const { type, name, namespace, uid } = entity;
    event.entity = { type, name, namespace, uid };
  }
  if (kernel?.pid !== undefined) event.kernel = { pid: kernel.pid, comm: kernel.comm };
  return event;
}

function stepText({ type, peer }: Observation): string {
  return peer === undefined ? type : `${type} ${peer}`;
}

function within(events: readonly Observation[]): string {
  const nanoseconds = events[events.length - 1].timestamp - events[0].timestamp;
  return `within ${nanoseconds / 1_000_000n} ms`;
}
