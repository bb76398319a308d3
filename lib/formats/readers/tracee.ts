/** Tracee: the flat JSON of its releases to 0.24, and the nested one of its main branch since December 2025. */
import type { JsonFormat, JsonObject } from '../format';
import { isFlat, readFlat } from './tracee-flat';
import { isNested, readNested } from './tracee-nested';

export const traceeFormat: JsonFormat = {
  kind: 'json',
  name: 'tracee',
  recognise: (value: JsonObject) => {
    if (isFlat(value)) return 'eventName and hostProcessId';
    return isNested(value) ? 'name, workload and policies or threat' : undefined;
  },
  read: (value, line, out) => {
    if (typeof value.eventName === 'string') out.push(readFlat(value, line));
    else if (typeof value.name === 'string') out.push(readNested(value, line));
    else return 'no name of an event';
    return undefined;
  },
};
