/** OTLP logs as JSON, a batch a line: the file exporters of the Collector and of SDKs, and requests to /v1/logs. */
import type { UnifiedEvent } from '../../event/unified-event';
import { excerpt } from '../excerpt';
import type { InputLine, JsonFormat, JsonObject, SkipReason } from '../format';
import { arrayOf, objectOf } from '../values';
import { readWholeRecord, resourceOf, scopeOf } from './otlp-record';
import { readText } from './otlp-text';
import { inCamelCase } from './otlp-values';

export const otlpFormat: JsonFormat = {
  kind: 'json',
  name: 'otlp',
  recognise: (value) => {
    const key = SIGNALS.find((signal) => Array.isArray(value[signal]));
    return key === undefined ? undefined : `the key ${key}`;
  },
  read,
  readText,
};

const SIGNALS = [
  ...[
    'resourceLogs',
    'resource_logs',
    'resourceSpans',
    'resource_spans',
    'resourceMetrics',
    'resource_metrics',
  ],
  'resourceProfiles',
] as const;

/** What a message may have that holds no record. */
const AROUND = new Set(['resource', 'scope', 'schemaUrl']);

/** The Collector reads snake_case, too, which the specification does not allow. */
function read(value: JsonObject, line: InputLine, out: UnifiedEvent[]): SkipReason {
  const request = inCamelCase(value);
  if (arrayOf(request.resourceLogs) === undefined) {
    if (value.resourceSpans !== undefined || value.resource_spans !== undefined) return 'traces, no logs';
    return value.resourceMetrics !== undefined || value.resource_metrics !== undefined
      ? 'metrics, no logs'
      : 'no resourceLogs';
  }
  const other = Object.keys(request).find((key) => key !== 'resourceLogs');
  let fault: SkipReason = other === undefined ? undefined : `${excerpt(other)} beside resourceLogs`;
  /** The messages that one has under a key. */
  const eachOf = (message: JsonObject, key: string, read: (item: JsonObject) => void): void => {
    const list = message[key] ?? [];
    const items = arrayOf(list);
    if (items === undefined) fault ??= `${key} that are no list of objects`;
    else if (items.length === 0) {
      const lost = Object.keys(message).find((name) => name !== key && !AROUND.has(name));
      if (lost !== undefined) fault ??= `${excerpt(lost)} without ${key}`;
    }
    for (const item of items ?? []) {
      const object = objectOf(item);
      if (object === undefined) fault ??= `${key} that are no list of objects`;
      else read(inCamelCase(object));
    }
  };
  eachOf({ resourceLogs: request.resourceLogs }, 'resourceLogs', (logs) => {
    const resource = resourceOf(logs);
    eachOf(logs, 'scopeLogs', (scopeLogs) => {
      const scope = scopeOf(scopeLogs);
      eachOf(scopeLogs, 'logRecords', (record) => {
        out.push(readWholeRecord(record, resource, scope, line));
      });
    });
  });
  return fault;
}
