/** Our own: lines of eventToJSON. */
import { eventFromJSON } from '../../event/json';
import type { UnifiedEvent } from '../../event/unified-event';
import { safeText } from '../excerpt';
import type { InputLine, JsonFormat, JsonObject, SkipReason } from '../format';

export const tapioFormat: JsonFormat = {
  kind: 'json',
  name: 'tapio',
  // Loggers' lines may have all of ours.
  recognise: ({ id, timestamp, type, source, specversion, level, msg }) =>
    typeof id === 'string' &&
    typeof timestamp === 'string' &&
    type !== undefined &&
    source !== undefined &&
    specversion === undefined &&
    level === undefined &&
    msg === undefined
      ? 'id, timestamp, type and source'
      : undefined,
  read,
  readText,
};

/** The text is parsed again, as a number that parseExact made text may stand in a field of numbers. */
function read(value: JsonObject, line: InputLine, out: UnifiedEvent[]): SkipReason {
  try {
    out.push(eventFromJSON(line.text.startsWith('[') ? JSON.stringify(value) : line.text));
    return undefined;
  } catch (error) {
    return safeText((error as Error).message);
  }
}

function readText({ text }: InputLine): UnifiedEvent[] | undefined {
  if (!text.startsWith('{"id":"')) return undefined;
  try {
    return [eventFromJSON(text)];
  } catch {
    return undefined;
  }
}
