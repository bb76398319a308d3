/** The event that a reader fills in. */
import { keptText, knownJsonText } from '../event/known-json';
import { jsonText, quoted } from '../event/json-text';
import { generateEventId } from '../event/event-id';
import type { UnifiedEvent } from '../event/unified-event';
import type { JsonObject } from './format';
import { mergeUnder } from './values';

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

/** The section, unless nothing stands in it. */
export function kernelUnlessEmpty(kernel: Kernel): Kernel | undefined {
  const { pid, tid, uid, gid, comm, syscall, cpuCore, returnCode, args, stackTrace } = kernel;
  const some = pid ?? tid ?? uid ?? gid ?? comm ?? syscall ?? cpuCore ?? returnCode ?? args ?? stackTrace;
  return some === undefined ? undefined : kernel;
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

/** So many are looked for in a text; of more it is made an object. */
const MOST_LOOKED_FOR = 8;

/**
 * Adds attributes, to the text of the attributes where that is all there is of them. Where the event has another one of that name, the one that comes is
 * `PLACE.KEY`.
 *
 * @param place where they stood in the line
 */
export function addAttributes(event: UnifiedEvent, place: string, added: JsonObject): void {
  const text = event.attributes === undefined ? undefined : knownJsonText(event.attributes);
  if (text !== undefined) {
    const keys = Object.keys(added);
    // A key with an escape may be the same in another spelling.
    const mayClash =
      keys.length > MOST_LOOKED_FOR || text.includes('\\') || keys.some((key) => text.includes(key));
    if (!mayClash) {
      event.attributes = keptText(withMembers(text, keys, added));
      return;
    }
    event.attributes = JSON.parse(text) as JsonObject;
  }
  event.attributes = mergeUnder(event.attributes, place, added);
}

/** The text of an object with these members behind its own. */
function withMembers(text: string, keys: readonly string[], added: JsonObject): string {
  const end = text.lastIndexOf('}');
  let last = end - 1;
  while (text.charCodeAt(last) <= SPACE) last--;
  let members = text.slice(0, end);
  let comma = text.charCodeAt(last) === OPEN ? '' : ',';
  for (const key of keys) {
    members += `${comma}${quoted(key)}:${jsonText(added[key], key, Infinity)!}`;
    comma = ',';
  }
  return `${members}}`;
}
