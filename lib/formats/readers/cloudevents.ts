/** CloudEvents 1.0 as JSON, and 0.3 where it differs, one or a batch in a line. */
import { eventFromJSON } from '../../event/json';
import type { UnifiedEvent } from '../../event/unified-event';
import type { InputLine, JsonFormat, JsonObject, SkipReason } from '../format';
import { newEvent } from '../new-event';
import { timeOfText } from '../time';
import { saysAll, traceContextOfHeader } from '../trace-context';
import { bytesOfBase64, mergeUnder, restOf, setKey, textOf, withMisfits } from '../values';
import { headOf, TAPIO_SCHEMA } from '../writers/cloudevents';

export const cloudeventsFormat: JsonFormat = {
  kind: 'json',
  name: 'cloudevents',
  recognise: ({ specversion, type, source }) =>
    typeof specversion === 'string' && typeof type === 'string' && typeof source === 'string'
      ? 'specversion, type and source'
      : undefined,
  read,
};

const OWN_DATA = `"dataschema":"${TAPIO_SCHEMA}","data":`;

/** From its own text where the line ends as the writer makes it: the parsed value has numbers that became text, and no -0. */
function eventOfData(text: string, data: unknown): UnifiedEvent | undefined {
  const at = text.startsWith('{') ? text.indexOf(OWN_DATA) : -1;
  const own = at < 0 ? undefined : eventOf(text.slice(at + OWN_DATA.length, text.lastIndexOf('}')));
  return own ?? eventOf(JSON.stringify(data));
}

function eventOf(json: string): UnifiedEvent | undefined {
  try {
    return eventFromJSON(json);
  } catch {
    // Somebody else's, or one that has been changed.
    return undefined;
  }
}

/** What others have put beside an event of ours, or changed, on its way. */
function besideOurs(value: JsonObject, own: UnifiedEvent): JsonObject {
  const head: JsonObject = headOf(own);
  const beside: Record<string, unknown> = {};
  for (const key in value) {
    const item = value[key];
    if (key !== 'data' && item !== null && head[key] !== item) setKey(beside, key, item);
  }
  return beside;
}

const MAPPED = new Set([
  ...['specversion', 'id', 'source', 'type', 'time', 'data', 'data_base64', 'traceparent', 'tracestate'],
]);

const MAPPED_OF_ENCODED = new Set([...MAPPED, 'datacontentencoding']);

function bytesOf(value: unknown): Uint8Array | undefined {
  return typeof value === 'string' ? bytesOfBase64(value) : undefined;
}

const VERSION = '1.0';

/** Bytes that are text in the data, as 0.3 has them; 1.0 has a key of their own for them. */
function isBase64({ specversion, datacontentencoding: encoding }: JsonObject): boolean {
  return specversion === '0.3' && typeof encoding === 'string' && encoding.toLowerCase() === 'base64';
}

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
      own.attributes = mergeUnder(own.attributes, 'line', besideOurs(value, own));
      out.push(own);
      return undefined;
    }
  }
  const time = timeOfText(value.time);
  const event = newEvent(type, source, time ?? line.arrival(), `${source}#${id}`);
  const context = traceContextOfHeader(value.traceparent, value.tracestate);
  event.traceContext = context;
  const bytes = bytesOf(value.data_base64);
  const encoded = bytes === undefined && isBase64(value) ? bytesOf(value.data) : undefined;
  event.rawData = bytes ?? encoded;
  let attributes = restOf(value, encoded === undefined ? MAPPED : MAPPED_OF_ENCODED);
  if (value.data !== undefined && encoded === undefined) setKey((attributes ??= {}), 'data', value.data);
  event.attributes = withMisfits(attributes, value, {
    specversion: value.specversion === VERSION || undefined,
    time,
    traceparent: (context !== undefined && saysAll(context, value.traceparent as string)) || undefined,
    tracestate: context?.traceState,
    data_base64: bytes,
  });
  out.push(event);
  return undefined;
}
