/** Tracee: the flat JSON of its releases to 0.24, and the nested one of its main branch since December 2025. */
import type { UnifiedEvent } from '../../event/unified-event';
import type { InputLine, JsonFormat, JsonObject } from '../format';
import { isFlat, readFlat, readFlatText } from './tracee-flat';
import { isNested, readNested, readNestedText } from './tracee-nested';

export const traceeFormat: JsonFormat = {
  kind: 'json',
  name: 'tracee',
  recognise: (value: JsonObject) => {
    if (isFlat(value)) return 'eventName and hostProcessId';
    return isNested(value) ? 'name, workload and policies or threat' : undefined;
  },
  read: (value, line, out) => {
    const isOfFlat = isFlat(value) || (typeof value.eventName === 'string' && !isNested(value));
    if (isOfFlat) out.push(readFlat(value, line));
    else if (typeof value.name === 'string') out.push(readNested(value, line));
    else return 'no name of an event';
    return undefined;
  },
  readText,
};

const NESTED = '{"timestamp":"';

/** By its first key each of the two is told mostly. */
function readText(line: InputLine): UnifiedEvent[] | undefined {
  if (!line.forBuffer) return undefined;
  if (line.text.startsWith(NESTED)) return readNestedText(line) ?? readFlatText(line);
  return readFlatText(line) ?? readNestedText(line);
}
