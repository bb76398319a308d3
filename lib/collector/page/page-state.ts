/** What the page is sent. */
import type { Activity } from '../../integrations/activity';

/** One line of JSON. Times in milliseconds since the epoch, as JSON has no integer of 64 bits. */
export function stateOf(activity: Activity): string {
  const startedAt = Number(activity.startedAt / 1_000_000n);
  return JSON.stringify({ ...activity, startedAt, now: Date.now() });
}
