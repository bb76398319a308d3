/** OTLP logs as JSON, a batch a line: the file exporters of the Collector and of SDKs, and requests to /v1/logs. */
import type { UnifiedEvent } from '../../event/unified-event';
import type { InputLine, JsonFormat, JsonObject, SkipReason } from '../format';
import { arrayOf, objectOf } from '../values';
import { attributesOfRecord, readRecord, resourceOf, scopeOf } from './otlp-record';
import { readText } from './otlp-text';

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

/** The Collector reads snake_case, too, which the specification does not allow. */
function read(value: JsonObject, line: InputLine, out: UnifiedEvent[]): SkipReason {
  const batch = arrayOf(value.resourceLogs ?? value.resource_logs);
  if (batch === undefined) {
    if (value.resourceSpans !== undefined || value.resource_spans !== undefined) return 'traces, no logs';
    return value.resourceMetrics !== undefined || value.resource_metrics !== undefined
      ? 'metrics, no logs'
      : 'no resourceLogs';
  }
  let fault: SkipReason;
  const eachOf = (list: unknown, name: string, read: (item: JsonObject) => void): void => {
    if (list === undefined || list === null) return;
    for (const item of arrayOf(list) ?? [undefined]) {
      const object = objectOf(item);
      if (object === undefined) fault = `${name} that are no list of objects`;
      else read(object);
    }
  };
  eachOf(batch, 'resourceLogs', (logs) => {
    const resource = resourceOf(logs);
    eachOf(logs.scopeLogs ?? logs.scope_logs, 'scopeLogs', (scopeLogs) => {
      const scope = scopeOf(scopeLogs);
      eachOf(scopeLogs.logRecords ?? scopeLogs.log_records, 'logRecords', (record) => {
        const event = readRecord(record, resource, scope, line);
        event.attributes = attributesOfRecord(record, resource, scope, event);
        out.push(event);
      });
    });
  });
  return fault;
}
