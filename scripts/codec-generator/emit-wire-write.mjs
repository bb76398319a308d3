/** The writer of the protobuf form: one pass over the words of an encoded event, in their order. */
import { ROOT_HEADER } from './layout.mjs';
import { allBits, bit, hex } from './bits.mjs';

const WIRE = { varint: 0, fixed64: 1, bytes: 2 };

export function emitWireWrite(layout) {
  const { root, timestamp, bytes, fixed, sections, headerWords } = layout;
  const known = allBits([...root.fields, bytes, ...layout.allSections]);
  const at = (word) => `at + ${word}`;
  return `import { corrupt } from '../invalid-event';
import type { WireWriter } from '../wire-writer';

/** Writes the fields of the event whose words start at \`at\` from byte \`p\` on; returns the byte behind the last. */
export function writeWire(o: WireWriter, at: number, p: number): number {
  const { i32, out } = o;
  const bits = i32[${at(ROOT_HEADER.bits)}];
  if ((bits & ~${hex(known)}) !== 0) throw corrupt(\`unknown sections \${bits}\`);
  if (i32[at + 1] < 0) throw corrupt(\`timestamp is \${o.i64[at >> 1]}\`);
${root.requiredRefs.map((field, i) => text(field, at(ROOT_HEADER.refs + i), '  ')).join('\n')}
${tag(timestamp, WIRE.varint, '  ')}
  p = o.varint64(p, i32[at], i32[at + 1]);
  let w = at + ${headerWords};
${[
  nested(fixed),
  ...root.flags.map((field) => flag(field, '  ')),
  ...packed(root),
  ...sections.map(nested),
].join('\n')}
  if ((bits & ${hex(bit(bytes.bit))}) !== 0) {
${tag(bytes, WIRE.bytes, '    ')}
    return o.rawBytes(p, w);
  }
  o.finish(w);
  return p;
}

${[fixed, ...sections].map((section) => emitSection(section, section === fixed)).join('\n')}`;
}

function nested(section) {
  return `  if ((bits & ${hex(bit(section.bit))}) !== 0) {
${tag(section, WIRE.bytes, '    ')}
    const start = ++p;
    p = o.close(start, ${writer(section)}(o, w, p));
    w = o.w;
  }`;
}

function emitSection(section, isFixed) {
  const { record } = section;
  const body = [];
  let end;
  if (isFixed) {
    for (const field of [...record.optionalRefs, ...record.words])
      body.push(optional(field, value(field, `at + ${field.word}`, '    ')));
    end = record.fixedWords;
    body.push(`  let w = at + ${end};`);
  } else {
    record.requiredRefs.forEach((field, i) => body.push(text(field, `at + ${i + 1}`, '  ')));
    body.push(`  let w = at + ${record.requiredRefs.length + 1};`);
    body.push(...packed({ ...record, parts: [], optionalRefs: record.optionalRefs }));
  }
  body.push(...record.flags.map((field) => flag(field, '  ')));
  body.push(...record.parts.map(part));
  return `function ${writer(section)}(o: WireWriter, at: number, p: number): number {
  const { i32, out } = o;
  const bits = i32[at];
  if ((bits & ~${hex(allBits(record.fields))}) !== 0) throw corrupt(\`unknown fields \${bits} of ${section.path}\`);
${body.join('\n')}
  o.w = w;
  return p;
}
`;
}

/** Fields behind one another, in the order of the layout. */
function packed(record) {
  const onWords = (size) => (field) => {
    const indent = field.optional ? '    ' : '  ';
    const lines = `${value(field, 'w', indent)}\n${indent}${size === 1 ? 'w++' : `w += ${size}`};`;
    return field.optional ? optional(field, lines) : lines;
  };
  return [
    ...record.optionalRefs.map(onWords(1)),
    ...record.words.map(onWords(1)),
    ...record.doubles.map(onWords(2)),
    ...record.parts.map(part),
  ];
}

function optional(field, lines) {
  return `  if ((bits & ${hex(bit(field.bit))}) !== 0) {\n${lines}\n  }`;
}

function value(field, at, indent) {
  switch (field.kind) {
    case 'string':
    case 'json':
      return text(field, at, indent);
    case 'u32':
    case 'port':
      return `${tag(field, WIRE.varint, indent)}\n${indent}p = o.varint32(p, i32[${at}]);`;
    case 'i32':
      return `${tag(field, WIRE.varint, indent)}\n${indent}p = o.varint32(p, (i32[${at}] << 1) ^ (i32[${at}] >> 31));`;
    case 'safeInteger':
      return `${tag(field, WIRE.varint, indent)}\n${indent}p = o.safeInteger(p, ${at}, '${field.path}');`;
    case 'double':
      return `${tag(field, WIRE.fixed64, indent)}\n${indent}p = o.double(p, ${at});`;
    default:
      throw new Error(`${field.path}: a ${field.kind} has no protobuf form`);
  }
}

function text(field, at, indent) {
  return `${tag(field, WIRE.bytes, indent)}\n${indent}p = o.text(p, i32[${at}]);`;
}

function flag(field, indent) {
  if (field.kind === 'enum') {
    const number = field.bit === 0 ? 'bits' : `(bits >>> ${field.bit})`;
    return `${indent}const ${field.name}Number = ${number} & ${hex(2 ** field.width - 1)};
${indent}if (${field.name}Number !== 0) {
${indent}  if (${field.name}Number > ${field.values.length}) throw corrupt(\`${field.path} is number \${${field.name}Number}\`);
${tag(field, WIRE.varint, `${indent}  `)}
${indent}  out[p++] = ${field.name}Number;
${indent}}`;
  }
  const present = field.optional ? field.bit : field.valueBit;
  return `${indent}if ((bits & ${hex(bit(present))}) !== 0) {
${tag(field, WIRE.varint, `${indent}  `)}
${indent}  out[p++] = ${field.optional ? `(bits & ${hex(bit(field.valueBit))}) !== 0 ? 1 : 0` : '1'};
${indent}}`;
}

function part(field) {
  const call = `p = o.${field.kind === 'strings' ? 'strings' : 'stringMap'}(p, w, ${tagOf(field, WIRE.bytes)});`;
  if (!field.optional) return `  ${call}\n  w = o.w;`;
  return optional(field, `    ${call}\n    w = o.w;`);
}

/** One or two bytes. */
function tag(field, wire, indent) {
  const number = tagOf(field, wire);
  if (number < 0x80) return `${indent}out[p++] = ${hex(number)};`;
  return `${indent}out[p++] = ${hex((number & 0x7f) | 0x80)};\n${indent}out[p++] = ${hex(number >>> 7)};`;
}

function tagOf({ path, number }, wire) {
  if (number > 2047) throw new Error(`${path}: the number ${number} needs a tag of more than two bytes`);
  return number * 8 + wire;
}

function writer(section) {
  return `write${section.name[0].toUpperCase()}${section.name.slice(1)}`;
}
