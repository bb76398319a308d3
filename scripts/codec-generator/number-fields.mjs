/**
 * Gives each field of the type its number in the protobuf message, where numbers are for ever: they are read from the .proto file.
 * A message that does not say what the type says throws, with the line that is missing.
 */
import { typeName } from './type-name.mjs';

const TYPES = {
  string: 'string',
  json: 'string',
  timestamp: 'int64',
  boolean: 'bool',
  u32: 'uint32',
  i32: 'sint32',
  port: 'uint32',
  safeInteger: 'int64',
  double: 'double',
  bytes: 'bytes',
};

/** @param proto what `readProto` gives */
export function numberFields(fields, proto, name = 'Event') {
  const message = proto.messages.get(name);
  if (message === undefined) throw new Error(`events.proto: there is no message ${name}`);
  checkNumbers(message, name);
  const rest = new Map(message.fields.map((field) => [field.name, field]));
  for (const field of fields) {
    const wanted = declarationOf(field);
    const given = rest.get(field.json);
    if (given === undefined)
      throw new Error(`events.proto: message ${name} lacks \`${wanted} = ${nextNumber(message)};\``);
    const said = given.label === 'map' ? `map<string, ${given.type}>` : `${given.label} ${given.type}`.trim();
    if (`${said} ${given.name}` !== wanted)
      throw new Error(`events.proto: message ${name} says \`${said} ${given.name}\`, the type \`${wanted}\``);
    field.number = given.number;
    rest.delete(field.json);
    if (field.kind === 'section') numberFields(field.fields, proto, `${name}.${typeName(field)}`);
    if (field.kind === 'enum') checkEnum(field, proto, name);
  }
  for (const [gone, { number }] of rest)
    throw new Error(
      `events.proto: the type has no ${gone}: message ${name} needs \`reserved ${number};\` instead`,
    );
}

function declarationOf(field) {
  if (field.kind === 'section') return `${typeName(field)} ${field.json}`;
  if (field.kind === 'strings') return `repeated string ${field.json}`;
  if (field.kind === 'stringMap') return `map<string, string> ${field.json}`;
  const type = field.kind === 'enum' ? typeName(field) : TYPES[field.kind];
  return `${field.optional ? 'optional ' : ''}${type} ${field.json}`;
}

function nextNumber({ fields, reserved }) {
  return Math.max(0, ...fields.map(({ number }) => number), ...reserved) + 1;
}

function checkNumbers({ fields, reserved }, name) {
  const seen = new Set(reserved);
  for (const { number } of fields) {
    if (seen.has(number)) throw new Error(`events.proto: message ${name} uses the number ${number} twice`);
    seen.add(number);
  }
}

/** The number of a value is that in the encoded event: 0 is absent, 1 the first. */
function checkEnum(field, proto, scope) {
  const type = typeName(field);
  const given = proto.enums.get(`${scope}.${type}`) ?? proto.enums.get(type);
  const wanted = ['unspecified', ...field.values].map((value) => `${field.json}_${value}`.toUpperCase());
  if (
    given?.map(({ name }) => name).join() !== wanted.join() ||
    !given.every(({ number }, i) => number === i)
  )
    throw new Error(
      `events.proto: enum ${type} must be ${wanted.map((value, i) => `${value} = ${i}`).join('; ')}`,
    );
}
