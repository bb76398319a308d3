/** An event as one line for a person: when, what kind, and what happened. Whatever the event holds, a terminal obeys none of it. */
import { eventToJSON, type UnifiedEvent } from '../../index';
import { visible } from '../text/visible-text';
import { procMessage } from '../proc/proc-message';
import { kernelMessage } from '../processes/kernel-message';

const TYPE_COLUMNS = 17;
/** Also the id, which says nothing to a person. */
const IN_THE_LINE = ['id', 'timestamp', 'type', 'severity'];

/** Local time of the day, to the microsecond. */
export function eventToText(event: UnifiedEvent): string {
  const { timestamp, type, severity } = event;
  const urgency = severity === undefined || severity === 'info' ? '' : `[${severity}] `;
  return visible(`${timeOfDay(timestamp)}  ${type.padEnd(TYPE_COLUMNS)} ${urgency}${messageOf(event)}`);
}

function timeOfDay(timestamp: bigint): string {
  const moment = new Date(Number(timestamp / 1_000_000n));
  const parts = [moment.getHours(), moment.getMinutes(), moment.getSeconds()];
  const micros = (timestamp / 1000n) % 1_000_000n;
  return `${parts.map((part) => String(part).padStart(2, '0')).join(':')}.${String(micros).padStart(6, '0')}`;
}

/** What it says itself, or else all of it that is not in the line already. */
function messageOf(event: UnifiedEvent): string {
  const { message, application, kubernetes, semantic } = event;
  const text =
    message ??
    kernelMessage(event) ??
    procMessage(event) ??
    application?.message ??
    kubernetes?.message ??
    semantic?.narrative;
  if (text !== undefined) return text;
  const rest = JSON.parse(eventToJSON(event)) as Record<string, unknown>;
  for (const name of IN_THE_LINE) delete rest[name];
  return JSON.stringify(rest);
}
