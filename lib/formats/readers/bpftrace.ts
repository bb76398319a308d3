/** bpftrace -f json. Its lines carry no time: an event has that of its arrival. */
import type { UnifiedEvent } from '../../event/unified-event';
import { parseExact } from '../exact-json';
import type { InputLine, JsonFormat, JsonObject, SkipReason } from '../format';
import { addAttributes, kernelOf, newEvent } from '../new-event';
import { anyText, i32Of, objectOf, restOf, scalarText, setKey, withMisfits } from '../values';
import { hasSignedBytes, withQuotedValues, withSignedBytes } from './bpftrace-json';

const TEXTS = new Set(['printf', 'time', 'cat', 'join', 'value', 'syscall', 'errorf', 'warnf']);
const TYPES = new Set([
  ...TEXTS,
  ...['attached_probes', 'map', 'hist', 'stats', 'lost_events', 'helper_error', 'runtime_error', 'tseries'],
  ...['test_result', 'benchmark_result'],
]);
const MAPPED_OF_ERROR = new Set(['type', 'msg', 'retcode', 'data']);

export const bpftraceFormat: JsonFormat = {
  kind: 'json',
  name: 'bpftrace',
  recognise: ({ type, data, helper, id, timestamp, level }) =>
    typeof type === 'string' &&
    TYPES.has(type) &&
    (data !== undefined || helper !== undefined) &&
    // A collector adds one of them; an event of ours has both.
    (id === undefined || timestamp === undefined) &&
    level === undefined
      ? `the type ${type} with data`
      : undefined,
  read,
  repair: withQuotedValues,
};

function read(parsed: JsonObject, line: InputLine, out: UnifiedEvent[]): SkipReason {
  const value = hasSignedBytes(line.text)
    ? (objectOf(parseExact(withSignedBytes(line.text))) ?? parsed)
    : parsed;
  const { type } = value;
  if (typeof type !== 'string' || type === '') return 'no type';
  const begin = (): UnifiedEvent => {
    const event = newEvent(`bpftrace.${type}`, 'bpftrace', line.arrival());
    event.severity = 'info';
    return event;
  };
  const data = objectOf(value.data);
  switch (type) {
    case 'map':
    case 'stats':
    case 'hist':
      return readMaps(value, begin, out);
    case 'lost_events': {
      const lost = data?.events ?? value.count;
      const event = begin();
      event.severity = 'warning';
      event.message = `lost ${scalarText(lost) ?? 'some'} events`;
      event.attributes = { lost: lost ?? value.data ?? null };
      addRest(event, restOf(value, LOST));
      out.push(event);
      return undefined;
    }
    case 'helper_error':
    case 'runtime_error':
      out.push(errorEvent(value, begin()));
      return undefined;
    default: {
      const event = begin();
      if (type === 'errorf') event.severity = 'error';
      if (type === 'warnf') event.severity = 'warning';
      if (TEXTS.has(type)) {
        event.message = anyText(value.data ?? null).replace(/\n$/, '');
        event.attributes = restOf(value, TYPE_AND_DATA);
      } else if (data === undefined) event.attributes = restOf(value, NO_TYPE);
      else {
        event.attributes = { ...data };
        addRest(event, restOf(value, TYPE_AND_DATA));
      }
      out.push(event);
      return undefined;
    }
  }
}

const NO_TYPE = new Set(['type']);
const TYPE_AND_DATA = new Set(['type', 'data']);
const LOST = new Set([...TYPE_AND_DATA, 'count']);

/** Adds what a line says beside its data. */
function addRest(event: UnifiedEvent, rest: JsonObject | undefined): void {
  if (rest !== undefined) addAttributes(event, 'line', rest);
}

/** A helper that failed says so at the top of the object, without data. */
function errorEvent(value: JsonObject, event: UnifiedEvent): UnifiedEvent {
  event.severity = 'error';
  const code = i32Of(value.retcode);
  if (code !== undefined) {
    event.kernel = kernelOf(undefined);
    event.kernel.returnCode = code;
  }
  event.message =
    scalarText(value.msg) ?? (scalarText(value.helper) && `helper ${scalarText(value.helper)} failed`);
  const data = objectOf(value.data);
  event.attributes = data === undefined ? undefined : { ...data };
  const taken = { msg: scalarText(value.msg), retcode: code, data };
  addRest(event, withMisfits(restOf(value, MAPPED_OF_ERROR), value, taken));
  return event;
}

/** `{"@name": value}`, or `{"@name": {"key": value}}` of a map with keys: an event for each value. */
function readMaps(value: JsonObject, begin: () => UnifiedEvent, out: UnifiedEvent[]): SkipReason {
  const maps = objectOf(value.data);
  if (maps === undefined) return `a ${String(value.type)} without data`;
  // To repeat it in each event could take any amount.
  let rest = restOf(value, TYPE_AND_DATA);
  const add = (name: string, key: string | undefined, content: unknown): void => {
    const event = metricOf(begin(), value.type, name, key, content);
    addRest(event, rest);
    rest = undefined;
    out.push(event);
  };
  for (const name of Object.keys(maps)) {
    const content = maps[name];
    const keys = objectOf(content);
    if (keys === undefined || isStats(keys)) {
      add(name, undefined, content);
      continue;
    }
    for (const key of Object.keys(keys)) add(name, key, keys[key]);
  }
  return undefined;
}

function isStats(value: JsonObject): boolean {
  return 'count' in value && 'average' in value && 'total' in value;
}

const NUMBER = /^-?\d{1,20}(?:\.\d+)?$/;

function metricOf(
  event: UnifiedEvent,
  type: unknown,
  name: string,
  key: string | undefined,
  content: unknown,
): UnifiedEvent {
  const labels = key === undefined ? undefined : { key };
  const stats = objectOf(content);
  if (type === 'hist' && Array.isArray(content)) {
    const counts = content.map((bucket) => Number(objectOf(bucket)?.count ?? 0));
    const sum = counts.reduce((total, count) => total + (Number.isFinite(count) ? count : 0), 0);
    event.metrics = { metricName: name, value: sum, labels, aggregation: 'histogram' };
    event.attributes = { buckets: content };
  } else if (stats !== undefined && isStats(stats)) {
    event.metrics = { metricName: name, value: numberOf(stats.average) ?? 0, labels, aggregation: 'avg' };
    event.attributes = { ...stats };
  } else {
    const number = numberOf(content);
    if (number === undefined) {
      event.message = anyText(content);
      event.attributes = { map: name };
      if (key !== undefined) setKey(event.attributes, 'key', key);
      return event;
    }
    event.metrics = { metricName: name, value: number, labels };
    if (type === 'stats') event.metrics.aggregation = 'avg';
    // One whose digits a number does not keep came as text.
    if (typeof content === 'string') event.attributes = { value: content };
  }
  return event;
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && NUMBER.test(value) ? Number(value) : undefined;
}
