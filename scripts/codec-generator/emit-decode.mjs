/** The decoder: one straight-line function for each section. */
import { allBits, bit, fieldBits, hex } from './bits.mjs';
import { assignedIn, emitShape } from './emit-shape.mjs';
import { ROOT_HEADER } from './layout.mjs';
import { typeName } from './type-name.mjs';

export function emitDecode(layout) {
  const { root, fixed, sections, bytes } = layout;
  const known = allBits([...root.fields, bytes, ...layout.allSections]);
  const optionalRoot = [
    ...[fixed].map((section) => ({
      field: section,
      test: section.bit,
      read: `${reader(section)}(r, w)`,
      moves: true,
    })),
    ...packedReads(root),
    ...sections.map((section) => ({
      field: section,
      test: section.bit,
      read: `${reader(section)}(r, w)`,
      moves: true,
    })),
    { field: bytes, test: bytes.bit, read: 'r.rawBytes(w)' },
  ];
  const enums = [root, ...layout.allSections.map((section) => section.record)].flatMap((record) =>
    record.flags.filter((field) => field.kind === 'enum'),
  );
  const readsOfRoot = [
    ...[...root.requiredRefs, layout.timestamp].map((field) => `  event.${field.name} = ${field.name};`),
    `  let w = at + ${layout.headerWords};`,
    ...optionalRoot.map(emitRoot),
  ].join('\n');
  const readers = [[fixed, emitFixed(fixed)], ...sections.map((section) => [section, emitPacked(section)])];
  return `import type { FieldReader } from '../field-reader';
import { corrupt } from '../invalid-event';
import { isPooledEvent } from '../pooled-event';
import { countBits } from '../references';
import { shapeOf } from '../shape';
import { blank } from './blank';
import type { UnifiedEvent } from '../unified-event';

type Section<Name extends keyof UnifiedEvent> = NonNullable<UnifiedEvent[Name]>;

${enums.map((field) => `const ${enumValues(field)} = [${field.values.map((value) => `'${value}'`).join(', ')}] as const;`).join('\n')}

${emitShape('Event', 'UnifiedEvent', assignedIn(readsOfRoot, 'event'))}
${readers.map(([section, code]) => emitShape(typeName(section), `Section<'${section.name}'>`, assignedIn(code, 'value'))).join('\n')}
/** The text of a reference if it is interned and has been met by this thread. So small that the engine puts it in place. */
function textOf(known: readonly (string | undefined)[], ref: number): string | undefined {
  return ref > 0 ? known[ref] : undefined;
}

/** Reads the event whose words start at \`at\`. */
export function readEvent(r: FieldReader, at: number, into: UnifiedEvent | undefined): UnifiedEvent {
  const { i32, known } = r;
  const bits = i32[at + ${ROOT_HEADER.bits}];
  if ((bits & ~${hex(known)}) !== 0) throw corrupt(\`unknown sections \${bits}\`);
  const timestamp = r.i64[at >> 1];
  if (i32[at + 1] < 0) throw corrupt(\`timestamp is \${timestamp}\`);
${root.requiredRefs.map((field, i) => `  const ${field.name} = ${readRef(field, `at + ${ROOT_HEADER.refs + i}`)};`).join('\n')}
  if (into !== undefined) removeAbsent(into, bits);
${readPlain(layout)}  const event = into ?? new EventShape(false);
${readsOfRoot}
  r.finish(w, (bits & ${hex(bit(bytes.bit))}) !== 0);
  return event;
}

/** Removes the fields that are absent in the bytes. An event of a pool keeps all its fields. */
function removeAbsent(event: UnifiedEvent, bits: number): void {
  if (isPooledEvent(event)) {
    blank(event);
    return;
  }
${optionalRoot
  .map(
    ({ field }) =>
      `  if ((bits & ${hex(fieldBits(field))}) === 0 && '${field.name}' in event) delete event.${field.name};`,
  )
  .join('\n')}
}

${readers.map(([, code]) => code).join('\n')}`;
}

/**
 * An event with the fixed section and no more, which has all its fields but the counted ones, is the one that comes most
 * often. As one literal it has just the room that it needs, and takes four fifths of the time.
 */
function readPlain({ root, timestamp, fixed, headerWords }) {
  const { record } = fixed;
  const at = (word) => `at + ${headerWords + word}`;
  const slots = [...record.optionalRefs, ...record.words];
  const flags = root.flags.reduce((bits, field) => bits | fieldBits(field), 0);
  const [severity] = root.flags;
  if (root.flags.length !== 1 || severity.kind !== 'enum')
    throw new Error('root flags: one enum is expected');
  const whole = slots.reduce((bits, field) => bits | bit(field.bit), 0);
  const values = slots.map(
    (field) =>
      `${field.name}: ${field.kind === 'string' ? readRef(field, at(field.word)) : readWord(field, at(field.word))}`,
  );
  const assigned = [...root.requiredRefs, timestamp, fixed, severity].map(
    ({ name }) => `    into.${name} = ${name};`,
  );
  return `  if (
    (bits & ~${hex(flags)}) === ${hex(bit(fixed.bit))} &&
    (bits & ${hex(flags)}) !== 0 &&
    r.ends(${at(record.fixedWords)}) &&
    i32[${at(0)}] === ${hex(whole)}
  ) {
    const ${severity.name}Number = (bits >>> ${severity.bit}) & ${hex(2 ** severity.width - 1)};
    if (${severity.name}Number > ${severity.values.length}) throw corrupt(\`${severity.path} is number \${${severity.name}Number}\`);
    const ${severity.name} = ${enumValues(severity)}[${severity.name}Number - 1];
    const ${fixed.name} = { ${values.join(', ')} };
    r.finish(${at(record.fixedWords)}, false);
    if (into === undefined) return { ${[...root.requiredRefs, timestamp, fixed, severity].map((field) => field.name).join(', ')} };
${assigned.join('\n')}
    return into;
  }
`;
}

function emitRoot({ field, test, read, moves, advance }) {
  if (field.kind === 'enum') return emitEnum(field, 'event');
  const after = moves ? '\n    w = r.w;' : advance ? `\n    w += ${advance};` : '';
  return `  if ((bits & ${hex(bit(test))}) !== 0) {
    ${field.kind === 'section' || field.kind === 'bytes' ? '' : guard(field)}event.${field.name} = ${read};${after}
  }`;
}

/** Root fields have no record of their own, so each checks its own words; the parts check themselves. */
function guard(field) {
  if (['strings', 'stringMap'].includes(field.kind)) return '';
  return `r.require(w, ${['safeInteger', 'double'].includes(field.kind) ? 2 : 1});\n    `;
}

function packedReads(record) {
  return [
    ...record.flags.map((field) => ({ field, test: field.bit })),
    ...record.optionalRefs.map((field) => ({
      field,
      test: field.bit,
      read: readRef(field, 'w'),
      advance: 1,
    })),
    ...record.words.map((field) => ({ field, test: field.bit, read: readWord(field, 'w'), advance: 1 })),
    ...record.doubles.map((field) => ({ field, test: field.bit, read: readDouble(field, 'w'), advance: 2 })),
    ...record.parts.map((field) => ({ field, test: field.bit, read: readPart(field), moves: true })),
  ];
}

function emitFixed(section) {
  const { record } = section;
  const values = [
    ...record.optionalRefs.map(
      (field) =>
        `  if (bits & ${hex(bit(field.bit))}) value.${field.name} = ${readRef(field, `at + ${field.word}`)};`,
    ),
    ...record.words.map(
      (field) =>
        `  if (bits & ${hex(bit(field.bit))}) value.${field.name} = ${readWord(field, `at + ${field.word}`)};`,
    ),
    ...record.flags.map((field) => emitFlag(field)),
    ...record.parts.map((field) => emitPart(field)),
  ];
  return `function ${reader(section)}(r: FieldReader, at: number): Section<'${section.name}'> {
  r.require(at, ${record.fixedWords});
  const { i32, known } = r;
  const bits = i32[at];
  if ((bits & ~${hex(allBits(record.fields))}) !== 0) throw corrupt(\`unknown fields \${bits} of ${section.path}\`);
  const value = new ${typeName(section)}Shape(false);
  let w = at + ${record.fixedWords};
${values.join('\n')}
  r.w = w;
  return value;
}
`;
}

function emitPacked(section) {
  const { record } = section;
  const first = [];
  const later = [];
  let w = 0;
  for (const field of record.requiredRefs)
    first.push(`  value.${field.name} = ${readRef(field, offset('at', ++w))};`);
  for (const field of record.flags) {
    if (field.kind === 'boolean' && !field.optional)
      first.push(`  value.${field.name} = (bits & ${hex(bit(field.valueBit))}) !== 0;`);
    else later.push(emitFlag(field));
  }
  const advanced = [];
  const onWords = (field, read, size) => {
    if (field.optional) {
      advanced.push(
        `  if (bits & ${hex(bit(field.bit))}) {\n    value.${field.name} = ${read('w')};\n    w += ${size};\n  }`,
      );
    } else {
      advanced.push(`  value.${field.name} = ${read('w')};\n  w += ${size};`);
    }
  };
  for (const field of record.optionalRefs) onWords(field, (at) => readRef(field, at), 1);
  for (const field of record.words) onWords(field, (at) => readWord(field, at), 1);
  for (const field of record.doubles) onWords(field, (at) => readDouble(field, at), 2);
  const type = `Section<'${section.name}'>`;
  const usesKnown = [...record.requiredRefs, ...record.optionalRefs].some(
    (field) => field.interned === 'all',
  );
  return `function ${reader(section)}(r: FieldReader, at: number): ${type} {
  const { i32${usesKnown ? ', known' : ''} } = r;
  const tight = r.isTight(at, ${record.maxWords});
  if (tight) r.require(at, 1);
  const bits = i32[at];
  if ((bits & ~${hex(allBits(record.fields))}) !== 0) throw corrupt(\`unknown fields \${bits} of ${section.path}\`);
  if (tight) r.require(at, ${wordCount(record)});
  const value = new ${typeName(section)}Shape(false);
${first.join('\n')}
  let w = at + ${record.requiredRefs.length + 1};
${[...advanced, ...later, ...record.parts.map(emitPart)].join('\n')}
  r.w = w;
  return value;
}
`;
}

function wordCount(record) {
  const { fixedBefore, oneBefore, twoBefore } = record.end;
  return [
    String(fixedBefore),
    ...(oneBefore ? [`countBits(bits & ${hex(oneBefore >>> 0)})`] : []),
    ...(twoBefore ? [`2 * countBits(bits & ${hex(twoBefore >>> 0)})`] : []),
  ].join(' + ');
}

function emitPart(field) {
  const read = `value.${field.name} = ${readPart(field)};`;
  return field.optional
    ? `  if (bits & ${hex(bit(field.bit))}) {\n    ${read}\n    w = r.w;\n  }`
    : `  ${read}\n  w = r.w;`;
}

function emitFlag(field) {
  if (field.kind === 'enum') return emitEnum(field, 'value');
  return `  if (bits & ${hex(bit(field.bit))}) value.${field.name} = (bits & ${hex(bit(field.valueBit))}) !== 0;`;
}

function emitEnum(field, owner) {
  const number = field.bit === 0 ? 'bits' : `(bits >>> ${field.bit})`;
  const mask = 2 ** field.width - 1;
  return `  const ${field.name}Number = ${number} & ${hex(mask)};
  if (${field.name}Number > ${field.values.length}) throw corrupt(\`${field.path} is number \${${field.name}Number}\`);
  if (${field.name}Number !== 0) ${owner}.${field.name} = ${enumValues(field)}[${field.name}Number - 1];${
    field.optional ? '' : `\n  else throw corrupt('${field.path} is missing');`
  }`;
}

/** A text that is interned costs no call. */
function readRef(field, at) {
  if (field.kind === 'json') return `r.json(i32[${at}])`;
  return field.interned === 'all'
    ? `(textOf(known, i32[${at}]) ?? r.text(i32[${at}]))`
    : `r.text(i32[${at}])`;
}

function readWord(field, at) {
  if (field.kind === 'port') return `r.port(${at}, '${field.path}')`;
  return field.kind === 'u32' ? `i32[${at}] >>> 0` : `i32[${at}]`;
}

function readDouble(field, at) {
  return field.kind === 'double' ? `r.double(${at})` : `r.safeInteger(${at}, '${field.path}')`;
}

function readPart(field) {
  return field.kind === 'strings' ? 'r.strings(w)' : 'r.stringMap(w)';
}

function enumValues(field) {
  return `${field.path.replace(/\W/g, '_').toUpperCase()}_VALUES`;
}

function reader(section) {
  return `read${typeName(section)}`;
}

function offset(base, words) {
  return words === 0 ? base : `${base} + ${words}`;
}
