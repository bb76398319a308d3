/** CloudEvents 1.0 as JSON, one or a batch in a line. */
import type { UnifiedEvent } from '../../event/unified-event';
import type { InputLine, JsonFormat, JsonObject, SkipReason } from '../format';
import { newEvent } from '../new-event';
import { timeOfText } from '../time';
import { traceContextOfHeader } from '../trace-context';
import { bytesOfBase64, restOf, setKey, textOf } from '../values';

export const cloudeventsFormat: JsonFormat = {
  kind: 'json',
  name: 'cloudevents',
  recognise: ({ specversion, type, source }) =>
    typeof specversion === 'string' && typeof type === 'string' && typeof source === 'string'
      ? 'specversion, type and source'
      : undefined,
  read,
};

const MAPPED = new Set([
  ...['specversion', 'id', 'source', 'type', 'time', 'data', 'data_base64', 'traceparent', 'tracestate'],
]);

/** What identifies an event is its source and id together. Data stays what it is: text that holds JSON is text. */
function read(value: JsonObject, line: InputLine, out: UnifiedEvent[]): SkipReason {
  const id = textOf(value.id);
  const source = textOf(value.source);
  const type = textOf(value.type);
  if (id === undefined || source === undefined || type === undefined || value.specversion === undefined)
    return 'one of specversion, id, source and type is missing';
  const event = newEvent(type, source, timeOfText(value.time) ?? line.arrival(), `${source}#${id}`);
  event.traceContext = traceContextOfHeader(value.traceparent, value.tracestate);
  let attributes = restOf(value, MAPPED);
  const keep = (key: string): void => setKey((attributes ??= {}), key, value[key]);
  if (event.traceContext === undefined && value.traceparent !== undefined) keep('traceparent');
  if (value.data !== undefined) keep('data');
  const bytes = value.data_base64;
  if (typeof bytes === 'string') {
    event.rawData = bytesOfBase64(bytes);
    if (event.rawData === undefined) keep('data_base64');
  }
  event.attributes = attributes;
  out.push(event);
  return undefined;
}
