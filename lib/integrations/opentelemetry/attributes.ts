/** An event's fields as attributes for an SDK of OpenTelemetry. */
import type { AnyValue, AnyValueMap } from '@opentelemetry/api-logs';
import type { UnifiedEvent } from '../../event/unified-event';
import {
  entityAttributes,
  EVENT_LOG_FIELDS,
  type LogField,
  networkAttributes,
  SECTION_LOG_FIELDS,
} from '../../formats/log-fields';
import { toAnyMap, toAnyValue } from './any-value';

/** Maps are one attribute each: an SDK cuts a record at 128 attributes. */
export function attributesOf(event: UnifiedEvent): AnyValueMap {
  const attributes = Object.create(null) as AnyValueMap;
  addFields(attributes, event as unknown as Record<string, unknown>, EVENT_LOG_FIELDS);
  for (const { section, fields } of SECTION_LOG_FIELDS) {
    const values = (event as unknown as Record<string, Record<string, unknown> | null | undefined>)[section];
    if (values) addFields(attributes, values, fields);
  }
  for (const [name, value] of networkAttributes(event)) attributes[name] = value;
  for (const [name, value] of entityAttributes(event)) attributes[name] = value;
  return attributes;
}

function addFields(
  attributes: AnyValueMap,
  values: Record<string, unknown>,
  fields: readonly LogField[],
): void {
  for (const { field, name, kind } of fields) {
    const value = values[field];
    if (value === undefined || value === null) continue;
    const isMap = (kind === 'stringMap' || kind === 'json') && typeof value === 'object';
    const converted: AnyValue | undefined = isMap ? toAnyMap(Object.entries(value)) : toAnyValue(value);
    if (converted !== undefined) attributes[name] = converted;
  }
}
