/** Events in the protobuf form by protobuf-es, which knows nothing of this package but the .proto file. */
import {
  create,
  createFileRegistry,
  type DescMessage,
  fromBinary,
  type Message,
  toBinary,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { UnifiedEvent } from '@tapio/performance';
import { EVENT_FIELDS, type FieldInfo } from '../event/internals';
import { descriptorSet } from './proto-descriptor';

type Values = Record<string, unknown>;

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet()));

export function messageType(name: string): DescMessage {
  return registry.getMessage(`tapio.v1.${name}`)!;
}

export function encodeBatch(events: readonly UnifiedEvent[], dropped = 0): Buffer {
  const type = messageType('EventBatch');
  const values = { events: events.map((event) => toMessage(event)), dropped: BigInt(dropped) };
  return Buffer.from(toBinary(type, create(type, values as never)));
}

export function decodeBatch(bytes: Uint8Array): { events: UnifiedEvent[]; dropped: number } {
  const batch = fromBinary(messageType('EventBatch'), bytes) as unknown as {
    events: Message[];
    dropped: bigint;
  };
  return { events: batch.events.map((event) => fromMessage(event)), dropped: Number(batch.dropped) };
}

/** An event as JSON.stringify has its JSON values: without -0. */
export function withPlainJson(event: UnifiedEvent): UnifiedEvent {
  const plain = (value: unknown): never => JSON.parse(JSON.stringify(value)) as never;
  const changed = { ...event };
  if (event.attributes) changed.attributes = plain(event.attributes);
  if (event.application?.custom)
    changed.application = { ...event.application, custom: plain(event.application.custom) };
  return changed;
}

/** What is left of an event in protobuf, which cannot tell an empty list or map from one that is absent. */
export function withoutEmpty(event: UnifiedEvent): UnifiedEvent {
  return withoutEmptyFields(EVENT_FIELDS, event as unknown as Values) as unknown as UnifiedEvent;
}

function withoutEmptyFields(fields: readonly FieldInfo[], values: Values): Values {
  const kept: Values = {};
  for (const field of fields) {
    const value = values[field.name];
    if (value === undefined) continue;
    if (field.kind === 'section') kept[field.name] = withoutEmptyFields(field.fields!, value as Values);
    else if (!field.optional || !isEmptyPart(field, value)) kept[field.name] = value;
  }
  return kept;
}

function isEmptyPart({ kind }: FieldInfo, value: unknown): boolean {
  return (kind === 'strings' || kind === 'stringMap') && Object.keys(value as object).length === 0;
}

function toMessage(event: UnifiedEvent): Message {
  return messageOf('Event', EVENT_FIELDS, event as unknown as Values);
}

function messageOf(name: string, fields: readonly FieldInfo[], values: Values): Message {
  const init: Values = {};
  for (const field of fields) {
    const value = values[field.name];
    if (value !== undefined) init[localName(field)] = toOracle(name, field, value);
  }
  return create(messageType(name), init as never);
}

function toOracle(name: string, field: FieldInfo, value: unknown): unknown {
  switch (field.kind) {
    case 'section':
      return messageOf(
        `${name}.${field.name[0].toUpperCase()}${field.name.slice(1)}`,
        field.fields!,
        value as Values,
      );
    case 'json':
      return JSON.stringify(value);
    case 'enum':
      return field.values!.indexOf(value as string) + 1;
    case 'safeInteger':
      return BigInt(value as number);
    default:
      return value;
  }
}

function fromMessage(message: Message): UnifiedEvent {
  return valuesOf(EVENT_FIELDS, message) as unknown as UnifiedEvent;
}

function valuesOf(fields: readonly FieldInfo[], message: Values): Values {
  const values: Values = {};
  for (const field of fields) {
    const value = message[localName(field)];
    // What has no presence is there by its prototype.
    if (value === undefined || (field.optional && isEmptyPart(field, value))) continue;
    if (
      field.optional &&
      field.kind !== 'strings' &&
      field.kind !== 'stringMap' &&
      !Object.hasOwn(message, localName(field))
    )
      continue;
    values[field.name] = fromOracle(field, value);
  }
  return values;
}

function fromOracle(field: FieldInfo, value: unknown): unknown {
  switch (field.kind) {
    case 'section':
      return valuesOf(field.fields!, value as Values);
    case 'json':
      return JSON.parse(value as string);
    case 'enum':
      return field.values![(value as number) - 1];
    case 'safeInteger':
      return Number(value);
    default:
      return value;
  }
}

/** trace_context -> traceContext, source_ip -> sourceIp */
function localName({ json }: FieldInfo): string {
  return json.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
