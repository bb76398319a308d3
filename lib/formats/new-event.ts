/** The event that a reader fills in. */
import { keptText, knownJsonText } from '../event/known-json';
import { generateEventId } from '../event/event-id';
import type { UnifiedEvent } from '../event/unified-event';
import type { JsonObject } from './format';
import { setKey } from './values';

/**
 * An event of these fields and no others. All fields are there from the start, so that events of all formats have one shape, which
 * keeps writing them into a buffer fast; undefined means absent.
 */
export function newEvent(type: string, source: string, timestamp: bigint, id?: string): UnifiedEvent {
  return {
    id: id ?? generateEventId(),
    timestamp,
    type,
    source,
    category: undefined,
    severity: undefined,
    confidence: undefined,
    message: undefined,
    tags: undefined,
    traceContext: undefined,
    semantic: undefined,
    entity: undefined,
    kernel: undefined,
    network: undefined,
    application: undefined,
    kubernetes: undefined,
    metrics: undefined,
    impact: undefined,
    correlation: undefined,
    attributes: undefined,
    rawData: undefined,
  };
}

type Kernel = NonNullable<UnifiedEvent['kernel']>;

/** A kernel section, all of whose fields are there for the same reason. */
export function kernelOf(pid: number | undefined, tid?: number, uid?: number, comm?: string): Kernel {
  return {
    syscall: undefined,
    pid,
    tid,
    uid,
    gid: undefined,
    comm,
    returnCode: undefined,
    args: undefined,
    stackTrace: undefined,
    cpuCore: undefined,
  };
}

type Entity = NonNullable<UnifiedEvent['entity']>;

/** What an event is about; undefined when it has no name. */
export function entityOf(
  type: string,
  name: string | undefined,
  namespace?: string,
  uid?: string,
  labels?: Record<string, string>,
): Entity | undefined {
  if (name === undefined) return undefined;
  return { type, name, namespace, uid, labels, attributes: undefined };
}

/** A container by its id, as everywhere in this package: named by the first 12 digits. */
export function containerEntity(id: string | undefined, name?: string): Entity | undefined {
  return id === undefined ? undefined : entityOf('container', name ?? id.slice(0, 12), undefined, id);
}

const SPACE = 0x20;
const OPEN = 0x7b;

/**
 * Adds an attribute, to the text of the attributes where that is all there is of them. Where the event has another one of that name, this one is
 * `PLACE.KEY`.
 *
 * @param place where the attribute stood in the line
 */
export function addAttribute(event: UnifiedEvent, place: string, key: string, value: unknown): void {
  const text = event.attributes === undefined ? undefined : knownJsonText(event.attributes);
  if (text !== undefined) {
    // Where the key may be there already, in whatever spelling, the text is parsed.
    if (text.includes(key) || text.includes('\\u')) event.attributes = JSON.parse(text) as JsonObject;
    else {
      const end = text.lastIndexOf('}');
      let last = end - 1;
      while (text.charCodeAt(last) <= SPACE) last--;
      const comma = text.charCodeAt(last) === OPEN ? '' : ',';
      event.attributes = keptText(
        `${text.slice(0, end)}${comma}${JSON.stringify(key)}:${JSON.stringify(value)}}`,
      );
      return;
    }
  }
  const attributes = (event.attributes ??= {});
  if (!Object.hasOwn(attributes, key)) setKey(attributes, key, value);
  else if (attributes[key] !== value) attributes[`${place}.${key}`] = value;
}
