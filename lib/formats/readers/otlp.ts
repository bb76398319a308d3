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
  for (const item of batch) {
    const logs = objectOf(item);
    if (logs === undefined) continue;
    const resource = resourceOf(objectOf(logs.resource));
    for (const scopeItem of arrayOf(logs.scopeLogs ?? logs.scope_logs) ?? []) {
      const scopeLogs = objectOf(scopeItem);
      const scope = scopeOf(objectOf(scopeLogs?.scope));
      for (const record of arrayOf(scopeLogs?.logRecords ?? scopeLogs?.log_records) ?? []) {
        const values = objectOf(record);
        if (values === undefined) continue;
        const event = readRecord(values, resource, scope, line);
        event.attributes = attributesOfRecord(values, resource, scope, event.attributes);
        out.push(event);
      }
    }
  }
  return undefined;
}
