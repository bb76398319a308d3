/** What correlation keeps of an event. */
import { getEntityId, getSeverity, type UnifiedEvent } from '../index';
import { addressText } from '../event/address-text';
import type { Timed } from './sliding-window';

/** UTF-16 code units. */
const LONGEST_TEXT = 256;
const PROCESS = 'process:';

export interface Observation extends Timed {
  readonly id: string;
  readonly type: string;
  /** `entity:` and what getEntityId gives, or else `process:` and the pid. */
  readonly groupId: string;
  readonly pid: number | undefined;
  readonly severity: string;
  /** Where a connection goes, as `IP:port`; undefined where the event names none. */
  readonly peer: string | undefined;
}

/**
 * undefined for an event that names neither an entity nor a process, or whose id, type, entity or severity is a text of more than 256 code
 * units: memory would not be bounded by the number of events.
 */
export function observationOf(event: Readonly<UnifiedEvent>): Observation | undefined {
  const pid = event.kernel?.pid ?? undefined;
  const entity = getEntityId(event);
  if (entity === '' && pid === undefined) return undefined;
  const { id, type, timestamp } = event;
  const severity = getSeverity(event);
  if (Math.max(id.length, type.length, entity.length, severity.length) > LONGEST_TEXT) return undefined;
  const { destIP, destPort } = event.network ?? {};
  const isPeerTold = destIP !== undefined && destPort !== undefined && destIP.length <= LONGEST_TEXT;
  return {
    id,
    type,
    timestamp,
    pid,
    severity,
    peer: isPeerTold ? addressText(destIP, destPort) : undefined,
    groupId: entity !== '' ? `entity:${entity}` : processGroup(pid),
  };
}

export function processGroup(pid: number | undefined): string {
  return `${PROCESS}${pid}`;
}

/** Its observations have a pid. */
export function isProcessGroup(groupId: string): boolean {
  return groupId.startsWith(PROCESS);
}
