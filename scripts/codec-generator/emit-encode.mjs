/** The encoder: one straight-line function for each section. */
import { check, expected, MAX_TIMESTAMP } from './kinds.mjs';
import { ROOT_HEADER } from './layout.mjs';

/** Items of an array, or pairs of a map, that the memo has places for: MEMO_ITEMS in lib/event/encoder.ts. */
const MEMO_ITEMS = 8;
/** As in lib/event/encoder.ts. */
const PLACE_SALT = 0x20000;

export function emitEncode(layout) {
  const { root, fixed, sections } = layout;
  const enums = [root, fixed.record, ...sections.map((section) => section.record)]
    .flatMap((record) => record.flags)
    .filter((field) => field.kind === 'enum');
  const places = placesOf([root, fixed.record, ...sections.map((section) => section.record)]);
  const others = [
    ...root.optionalRefs,
    ...root.words,
    ...root.doubles,
    ...root.parts,
    ...sections,
    layout.bytes,
  ];
  return `import type { FieldWriter } from '../field-writer';
import { isArray, isArrayOrRevoked } from '../../errors';
import { isBytes } from '../../validate';
import { checkEmptySection } from '../empty-object';
import { invalid } from '../invalid-event';
import type { UnifiedEvent } from '../unified-event';

type Section<Name extends keyof UnifiedEvent> = NonNullable<UnifiedEvent[Name]>;

/** Words of the root header, counted from the start of the event, and how many there are. */
export const enum HeaderWord {
  TEXT_START = ${ROOT_HEADER.textStart},
  LATIN1_UNITS = ${ROOT_HEADER.latin1Units},
  FIRST_REF = ${ROOT_HEADER.refs},
  COUNT = ${layout.headerWords},
}

/** How many places the memo of an encoder needs. */
export const MEMO_PLACES = ${places.next};

${MAX_TIMESTAMP}

/**
 * Writes the words of an event from word \`at\` on; returns the word behind the last. Events with the section
 * \`${fixed.name}\` and no more are by far the most, and all that is to be done for them is in this one function.
 */
export function writeEvent(out: FieldWriter, event: UnifiedEvent, at: number): number {
  ${check({ kind: 'section', path: 'event' }, 'event')}
  const { i32, memoTexts, memoRefs, cachedTexts, cachedRefs } = out;
  let bits = 0;

  const timestamp = event.${layout.timestamp.name};
  ${check(layout.timestamp, 'timestamp')}
  out.i64[at >> 1] = timestamp;
${root.requiredRefs.map((field, i) => requiredRef(field, 'event', `at + ${ROOT_HEADER.refs + i}`)).join('')}${root.flags.map((field) => writeFlag(field, 'event')).join('')}
${[fixed, ...others].map((field) => `  const ${field.name} = event.${field.name};\n`).join('')}
  const isPlain = ${fixed.name} !== undefined && ${fixed.name} !== null && (${others.map((field) => field.name).join(' ?? ')}) === undefined;
  if (!isPlain) {
    return writeMore(out, at, bits, ${[fixed, ...others].map((field) => field.name).join(', ')});
  }
${fixedBody(fixed, fixed.name, (word) => `at + ${layout.headerWords + word}`)}
  i32[at + ${ROOT_HEADER.bits}] = bits | ${bit(fixed.bit)};
  return w;
}

function writeMore(
  out: FieldWriter,
  at: number,
  bits: number,
${[fixed, ...others].map((field) => `  ${field.name}: UnifiedEvent['${field.name}'],\n`).join('')}): number {
  const { i32, memoTexts, memoRefs } = out;
  let w = at + ${layout.headerWords};
  if (${fixed.name} !== undefined && ${fixed.name} !== null) {
    bits |= ${bit(fixed.bit)};
    w = ${writer(fixed)}(out, ${fixed.name}, w);
  }
${[
  ...root.optionalRefs.map((field) => present(field, writeRef(field, 'w++', field.name))),
  ...root.words.map((field) => present(field, writeWord(field, 'w++', field.name))),
  ...root.doubles.map((field) => present(field, writeDouble(field, field.name))),
  ...root.parts.map((field) => present(field, writePart(field, field.name))),
  ...sections.map((section) => present(section, `w = ${writer(section)}(out, ${section.name}, w);`)),
  present(layout.bytes, `${check(layout.bytes, layout.bytes.name)}\nout.rawBytes(${layout.bytes.name});`),
].join('')}  i32[at + ${ROOT_HEADER.bits}] = bits;
  return w;
}

${emitFixed(fixed)}
${sections.map(emitPacked).join('\n')}
${enums.map(emitEnum).join('\n')}
`;
}

function emitFixed(section) {
  return `function ${writer(section)}(out: FieldWriter, section: Section<'${section.name}'>, at: number): number {
  const { i32, cachedTexts, cachedRefs } = out;
${fixedBody(section, 'section', (word) => (word === 0 ? 'at' : `at + ${word}`))}  return w;
}
`;
}

/** What writes a section whose words have fixed places, and leaves the word behind it in \`w\`. */
function fixedBody(section, owner, at) {
  const { record } = section;
  if (record.doubles.length > 0) throw new Error(`${section.name}: 64-bit numbers have no fixed place yet`);
  // In a function that has `bits` of its own.
  const bits = 'sectionBits';
  const absent = (word) => `else i32[${at(word)}] = 0;`;
  const slots = [
    ...record.optionalRefs.map((field) =>
      optional(field, owner, writeRef(field, at(field.word), field.name), bits, absent(field.word)),
    ),
    ...record.words.map((field) =>
      optional(field, owner, writeWord(field, at(field.word), field.name), bits, absent(field.word)),
    ),
    ...record.flags.map((field) => writeFlag(field, owner, bits)),
    ...record.parts.map((field) => optional(field, owner, writePart(field, field.name), bits)),
  ];
  return `  ${check(section, owner)}
  let ${bits} = 0;
  let w = ${at(record.fixedWords)};
${slots.join('')}${emptyCheck(section, owner, bits)}  i32[${at(0)}] = ${bits};
`;
}

function emitPacked(section) {
  const { record } = section;
  const body = [
    ...record.requiredRefs.map((field) => requiredRef(field, 'section', 'w++')),
    ...record.optionalRefs.map((field) => optional(field, 'section', writeRef(field, 'w++', field.name))),
    ...record.words.map((field) => any(field, writeWord(field, 'w++', field.name))),
    ...record.doubles.map((field) => any(field, writeDouble(field, field.name))),
    ...record.flags.map((field) => writeFlag(field, 'section')),
    ...record.parts.map((field) => any(field, writePart(field, field.name))),
  ];
  const usesMemo = [...record.requiredRefs, ...record.optionalRefs].some(isMemoized);
  return `function ${writer(section)}(out: FieldWriter, section: Section<'${section.name}'>, at: number): number {
  ${check(section, 'section')}
  const { i32${usesMemo ? ', memoTexts, memoRefs' : ''} } = out;
  let bits = 0;
  let w = at + 1;
${body.join('')}${emptyCheck(section, 'section', 'bits')}  i32[at] = bits;
  return w;
}
`;
}

/** A section that showed no field at all: nothing is to be done for one that has some. */
function emptyCheck(section, owner, bits) {
  if (section.fields.some((field) => !field.optional)) return '';
  return `  if (${bits} === 0) checkEmptySection('${section.path}', ${owner});\n`;
}

function any(field, write) {
  if (field.optional) return optional(field, 'section', write);
  return `  const ${field.name} = section.${field.name};\n  ${write.split('\n').join('\n  ')}\n`;
}

function optional(field, owner, write, bits = 'bits', otherwise = '') {
  return `  const ${field.name} = ${owner}.${field.name};\n${present(field, write, bits, otherwise)}`;
}

function present(field, write, bits = 'bits', otherwise = '') {
  return `  if (${field.name} !== undefined && ${field.name} !== null) {
    ${bits} |= ${bit(field.bit)};
    ${write.split('\n').join('\n    ')}
  }${otherwise && ` ${otherwise}`}
`;
}

function requiredRef(field, owner, word) {
  const write = writeRef(field, word, field.name).split('\n').join('\n  ');
  return `  const ${field.name} = ${owner}.${field.name};\n  ${write}\n`;
}

/**
 * A text that is the usual one of its field costs no call; nor does one of a field that changes from event to event, if
 * it is where the cache of interned texts has it: as internedId in lib/event/strings.ts reckons.
 */
function writeRef(field, word, value) {
  const { place } = field;
  if (field.changes)
    return `${check(field, value)}
const ${value}Spot = ${value}.length === 0 ? 0 : Math.imul(${place} * ${PLACE_SALT} + ${value}.length * 256 + ${value}.charCodeAt(${value}.length - 1), 0x9e3779b1) >>> 20;
if (${value} === cachedTexts[${value}Spot]) i32[${word}] = cachedRefs[${value}Spot];
else out.changed(${word}, ${value}, ${place});`;
  if (isMemoized(field))
    return `if (${value} === memoTexts[${place}]) i32[${word}] = memoRefs[${place}];
else {
  ${check(field, value)}
  out.interned(${word}, ${value}, ${place});
}`;
  if (field.kind === 'json') return `${check(field, value)}\nout.json(${word}, ${value}, '${field.path}');`;
  return `${check(field, value)}\nout.stage(${word}, ${value});`;
}

function isMemoized(field) {
  return field.kind === 'string' && field.interned === 'all';
}

function writeWord(field, word, value) {
  return `${check(field, value)}\ni32[${word}] = ${value};`;
}

function writeDouble(field, value) {
  return `${check(field, value)}\nout.double(w, ${value});\nw += 2;`;
}

function writePart(field, value) {
  if (field.kind === 'strings')
    return `${check(field, value)}
w = out.strings(w, ${value}, '${field.path}', ${field.place}, ${field.interned === 'all'});`;
  return `${check(field, value)}
w = out.stringMap(w, ${value}, '${field.path}', ${field.place}, ${field.interned !== 'none'}, ${field.interned === 'all'});`;
}

/** Gives each field of interned text its places in the encoder's memo; `next` is their number. */
function placesOf(records) {
  let next = 0;
  for (const record of records) {
    for (const field of [...record.requiredRefs, ...record.optionalRefs, ...record.parts]) {
      field.place = next;
      if (isMemoized(field)) next += 1;
      else if (record.parts.includes(field)) next += MEMO_ITEMS * (field.kind === 'strings' ? 1 : 2);
    }
  }
  return { next };
}

function writeFlag(field, owner, bits = 'bits') {
  if (field.kind === 'enum') {
    const put = `${bits} |= ${enumFunction(field)}(${field.name})${field.bit === 0 ? '' : ` << ${field.bit}`};`;
    const read = `  const ${field.name} = ${owner}.${field.name};\n`;
    return field.optional
      ? `${read}  if (${field.name} !== undefined && ${field.name} !== null) ${put}\n`
      : `${read}  ${put}\n`;
  }
  const present = field.optional ? `    ${bits} |= ${bit(field.bit)};\n` : '';
  const put = `if (${field.name}) ${bits} |= ${bit(field.valueBit)};`;
  const read = `  const ${field.name} = ${owner}.${field.name};\n`;
  if (!field.optional) return `${read}  ${check(field, field.name)}\n  ${put}\n`;
  return `${read}  if (${field.name} !== undefined && ${field.name} !== null) {\n${present}    ${check(field, field.name)}\n    ${put}\n  }\n`;
}

function emitEnum(field) {
  return `function ${enumFunction(field)}(value: string): number {
  switch (value) {
${field.values.map((value, i) => `    case '${value}':\n      return ${i + 1};`).join('\n')}
    default:
      throw invalid('${field.path}', value, '${expected(field)}');
  }
}
`;
}

function enumFunction(field) {
  return `numberOf${capital(field.name)}`;
}

function writer(section) {
  return `write${capital(section.name)}`;
}

function capital(name) {
  return name[0].toUpperCase() + name.slice(1);
}

function bit(index) {
  return `0x${(2 ** index).toString(16)}`;
}
