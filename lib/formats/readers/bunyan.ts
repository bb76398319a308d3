/** bunyan. */
import type { JsonFormat, JsonObject } from '../format';
import { readLog } from '../log-record';
import { readLogText } from '../log-text';

export const bunyanFormat: JsonFormat = {
  kind: 'json',
  name: 'bunyan',
  recognise,
  read: (value, line, out) => {
    out.push(readLog(value, 'bunyan', line));
    return undefined;
  },
  readText: (line) => readLogText(line, 'bunyan', recognise),
};

function recognise(value: JsonObject): string | undefined {
  return isBunyanRecord(value) ? 'v 0, name, hostname, pid and level' : undefined;
}

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
