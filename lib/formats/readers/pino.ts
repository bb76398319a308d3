/** pino, and whatever else logs objects of level, time and message: winston, zap, Go's slog, Google's and Elastic's structured logs. */
import type { JsonFormat, JsonObject } from '../format';
import { levelOf, readLog } from '../log-record';
import { readLogText } from '../log-text';
import { isBunyanRecord } from './bunyan';

export const pinoFormat: JsonFormat = {
  kind: 'json',
  name: 'pino',
  recognise,
  read: (value, line, out) => {
    out.push(readLog(value, 'pino', line));
    return undefined;
  },
  readText: (line) => readLogText(line, 'pino', recognise),
};

/** A level beside a message or a time. Other formats that have a level have no message beside it under these names. */
function recognise(value: JsonObject): string | undefined {
  const { msg, message, time, timestamp, ts } = value;
  const level = levelOf(value);
  if (typeof level !== 'number' && typeof level !== 'string') return undefined;
  if (
    msg === undefined &&
    message === undefined &&
    time === undefined &&
    timestamp === undefined &&
    ts === undefined
  )
    return undefined;
  const { apiVersion, specversion, type, source } = value;
  const isCloudEvent = specversion !== undefined && type !== undefined && source !== undefined;
  if (apiVersion !== undefined || isCloudEvent || isBunyanRecord(value)) return undefined;
  // An event of ours has a severity, too.
  if (value.level === undefined && value.id !== undefined && value.source !== undefined) return undefined;
  return typeof level === 'number' ? 'a level as a number' : 'a level, a message or time';
}
