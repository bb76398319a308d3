/** bunyan. */
import type { JsonFormat, JsonObject } from '../format';
import { readLog } from '../log-record';

export const bunyanFormat: JsonFormat = {
  kind: 'json',
  name: 'bunyan',
  recognise: (value) => (isBunyanRecord(value) ? 'v 0, name, hostname, pid and level' : undefined),
  read: (value, line, out) => {
    out.push(readLog(value, 'bunyan', line));
    return undefined;
  },
};

/** The keys that bunyan writes itself, always. The caller may have put other values under the last three. */
export function isBunyanRecord(value: JsonObject): boolean {
  return (
    typeof value.v === 'number' &&
    typeof value.name === 'string' &&
    value.level !== undefined &&
    value.hostname !== undefined &&
    value.pid !== undefined
  );
}
