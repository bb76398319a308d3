/** CloudEvents 1.0 as JSON, one or a batch in a line. */
import { eventFromJSON } from '../../event/json';
import type { UnifiedEvent } from '../../event/unified-event';
import type { InputLine, JsonFormat, JsonObject, SkipReason } from '../format';
import { newEvent } from '../new-event';
import { timeOfText } from '../time';
import { traceContextOfHeader } from '../trace-context';
import { bytesOfBase64, restOf, setKey, textOf, withMisfits } from '../values';

export const cloudeventsFormat: JsonFormat = {
  kind: 'json',
  name: 'cloudevents',
  recognise: ({ specversion, type, source }) =>
    typeof specversion === 'string' && typeof type === 'string' && typeof source === 'string'
      ? 'specversion, type and source'
      : undefined,
  read,
};

/** The data is an event of ours, as the writer of this format makes it. */
export const TAPIO_SCHEMA = 'urn:tapio:event:1';

const OWN_DATA = `"dataschema":"${TAPIO_SCHEMA}","data":`;

/** From its own text where the line is as the writer makes it: the parsed value has numbers that became text, and no -0. */
function eventOfData(text: string, data: unknown): UnifiedEvent | undefined {
  const at = text.startsWith('{') ? text.indexOf(OWN_DATA) : -1;
  try {
    return eventFromJSON(
      at < 0 ? JSON.stringify(data) : text.slice(at + OWN_DATA.length, text.lastIndexOf('}')),
    );
  } catch {
    // Somebody else's, or one that has been changed: read as any other.
    return undefined;
  }
}

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
  if (value.dataschema === TAPIO_SCHEMA) {
    const own = eventOfData(line.text, value.data);
    if (own !== undefined) {
      out.push(own);
      return undefined;
    }
  }
  const time = timeOfText(value.time);
  const event = newEvent(type, source, time ?? line.arrival(), `${source}#${id}`);
  event.traceContext = traceContextOfHeader(value.traceparent, value.tracestate);
  let attributes = restOf(value, MAPPED);
  if (value.data !== undefined) setKey((attributes ??= {}), 'data', value.data);
  const bytes = value.data_base64;
  event.rawData = typeof bytes === 'string' ? bytesOfBase64(bytes) : undefined;
  event.attributes = withMisfits(attributes, value, {
    time,
    traceparent: event.traceContext,
    tracestate: event.traceContext?.traceState,
    data_base64: event.rawData,
  });
  out.push(event);
  return undefined;
}
