/** The reader of the protobuf form: one switch over tags for each message. What it does not know it skips. */
import { emitShape } from './emit-shape.mjs';
import { typeName } from './type-name.mjs';

const WIRE = { varint: 0, fixed64: 1, bytes: 2 };

export function emitWireRead(all) {
  const fields = byNumber(all);
  const sections = all
    .filter((field) => field.kind === 'section')
    .map((section) => ({ ...section, fields: byNumber(section.fields) }));
  const enums = [fields, ...sections.map((section) => section.fields)]
    .flat()
    .filter((field) => field.kind === 'enum');
  return `import { shapeOf } from '../shape';
import type { UnifiedEvent } from '../unified-event';
import type { WireReader } from '../wire-reader';

type Section<Name extends keyof UnifiedEvent> = NonNullable<UnifiedEvent[Name]>;

${enums.map((field) => `const ${enumValues(field)} = [undefined, ${field.values.map((value) => `'${value}'`).join(', ')}] as const;`).join('\n')}

${emitShape('Event', 'UnifiedEvent', asAssigned(fields))}
${sections.map((section) => emitShape(typeName(section), `Section<'${section.name}'>`, asAssigned(section.fields))).join('\n')}
/** Reads an event that ends at byte \`end\`. */
export function readWire(r: WireReader, end: number): UnifiedEvent {
  const event = new EventShape(false);
${assignments(fields, '  event')}
${loop(fields, 'event')}
  return event;
}

${sections.map(emitSection).join('\n')}`;
}

/** As our writer writes them. */
function byNumber(fields) {
  return [...fields].sort((a, b) => a.number - b.number);
}

/** The required ones have a value before anything is read. */
function asAssigned(fields) {
  return [...fields].sort((a, b) => a.optional - b.optional).map(({ name }) => name);
}

function emitSection(section) {
  const blank = assignments(section.fields, '    value');
  return `function ${reader(section)}(r: WireReader, end: number, into: Section<'${section.name}'> | undefined): Section<'${section.name}'> {
  const value = into ?? new ${typeName(section)}Shape(false);
${blank === '' ? '' : `  if (into === undefined) {\n${blank}\n  }\n`}${loop(section.fields, 'value')}
  return value;
}
`;
}

/** A required field that is not in the bytes has the value that protobuf leaves out. */
function assignments(fields, owner) {
  const blank = { string: "''", timestamp: '0n', boolean: 'false', double: '0', strings: '[]' };
  const required = fields.filter((field) => !field.optional);
  for (const field of required)
    if (blank[field.kind] === undefined)
      throw new Error(`${field.path}: a required ${field.kind} has no blank value`);
  return required.map((field) => `${owner}.${field.name} = ${blank[field.kind]};`).join('\n');
}

function loop(fields, owner) {
  return `  while (r.at < end) {
    const tag = r.varint32(end);
    switch (tag) {
${fields.map((field) => `      case ${field.number * 8 + wireOf(field)}:\n        ${read(field, owner)}\n        break;`).join('\n')}
      default:
        r.skip(tag, end);
    }
  }`;
}

function wireOf({ kind }) {
  if (kind === 'double') return WIRE.fixed64;
  return ['boolean', 'enum', 'timestamp', 'u32', 'i32', 'port', 'safeInteger'].includes(kind)
    ? WIRE.varint
    : WIRE.bytes;
}

function read(field, owner) {
  const target = `${owner}.${field.name}`;
  switch (field.kind) {
    case 'string':
      return `${target} = ${text(field)};`;
    case 'json':
      return `${target} = r.json(end, '${field.path}');`;
    case 'bytes':
      return `${target} = r.bytes(end);`;
    case 'timestamp':
      return `${target} = r.timestamp(end, '${field.path}');`;
    case 'boolean':
      return `${target} = r.boolean(end);`;
    case 'u32':
      return `${target} = r.u32(end, '${field.path}');`;
    case 'i32':
      return `${target} = r.i32(end, '${field.path}');`;
    case 'port':
      return `${target} = r.port(end, '${field.path}');`;
    case 'safeInteger':
      return `${target} = r.safeInteger(end, '${field.path}');`;
    case 'double':
      return `${target} = r.double(end);`;
    case 'enum':
      return `r.set(${owner}, '${field.name}', ${enumValues(field)}[r.enumNumber(end)]);`;
    case 'strings':
      return field.optional ? `(${target} ??= []).push(${text(field)});` : `${target}.push(${text(field)});`;
    case 'stringMap':
      return `r.mapEntry(end, (${target} ??= {}), '${field.path}', ${field.interned === 'all'});`;
    case 'section':
      return `${target} = ${reader(field)}(r, r.messageEnd(end), ${target});`;
    default:
      throw new Error(`${field.path}: a ${field.kind} has no protobuf form`);
  }
}

/** What recurs in a ring recurs in messages. */
function text({ interned, path }) {
  return `r.${interned === 'all' ? 'known' : 'text'}(end, '${path}')`;
}

function reader(section) {
  return `read${typeName(section)}`;
}

function enumValues(field) {
  return `${field.path.replace(/\W/g, '_').toUpperCase()}_VALUES`;
}
