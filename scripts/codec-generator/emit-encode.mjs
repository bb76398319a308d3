/** The encoder: one straight-line function for each section. */
import { ROOT_HEADER } from './layout.mjs';

const NUMBER_RULES = {
  u32: {
    bad: (v) => `typeof ${v} !== 'number' || ${v} >>> 0 !== ${v}`,
    expected: 'an integer from 0 to 4294967295',
  },
  i32: {
    bad: (v) => `typeof ${v} !== 'number' || (${v} | 0) !== ${v}`,
    expected: 'an integer from -2147483648 to 2147483647',
  },
  port: {
    bad: (v) => `typeof ${v} !== 'number' || (${v} & 0xffff) !== ${v}`,
    expected: 'an integer from 0 to 65535',
  },
  safeInteger: { bad: (v) => `!Number.isSafeInteger(${v})`, expected: 'a safe integer' },
  double: { bad: (v) => `typeof ${v} !== 'number'`, expected: 'a number' },
};

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
  return `import type { Encoder } from '../encoder';
import { isArrayOrRevoked } from '../../errors';
import { invalid } from '../invalid-event';
import type { UnifiedEvent } from '../unified-event';

type Section<Name extends keyof UnifiedEvent> = NonNullable<UnifiedEvent[Name]>;

/** Words of the root header, counted from the start of the event, and how many there are. */
export const enum HeaderWord {
  TEXT_START = ${ROOT_HEADER.textStart},
  NARROW_UNITS = ${ROOT_HEADER.narrowUnits},
  FIRST_REF = ${ROOT_HEADER.refs},
  COUNT = ${layout.headerWords},
}

/** How many places the memo of an encoder needs. */
export const MEMO_PLACES = ${places.next};

const MAX_TIMESTAMP = 2n ** 63n - 1n;

/**
 * Writes the words of an event from word \`at\` on; returns the word behind the last. Events with the section
 * \`${fixed.name}\` and no more are by far the most, and all that is to be done for them is in this one function.
 */
export function writeEvent(out: Encoder, event: UnifiedEvent, at: number): number {
  if (typeof event !== 'object' || event === null || isArrayOrRevoked(event)) throw invalid('event', event, 'an object');
  const { i32, memoTexts, memoRefs, cachedTexts, cachedRefs } = out;
  let bits = 0;

  const timestamp = event.${layout.timestamp.name};
  if (typeof timestamp !== 'bigint' || timestamp < 0n || timestamp > MAX_TIMESTAMP) {
    throw invalid('${layout.timestamp.path}', timestamp, 'a bigint from 0 to 2^63-1');
  }
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
  out: Encoder,
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
  present(layout.bytes, `out.rawBytes(${layout.bytes.name}, '${layout.bytes.path}');`),
].join('')}  i32[at + ${ROOT_HEADER.bits}] = bits;
  return w;
}

${emitFixed(fixed)}
${sections.map(emitPacked).join('\n')}
${enums.map(emitEnum).join('\n')}
function refuseSection(path: string, value: unknown): never {
  throw invalid(path, value, 'an object');
}
`;
}

function emitFixed(section) {
  return `function ${writer(section)}(out: Encoder, section: Section<'${section.name}'>, at: number): number {
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
  return `  if (typeof ${owner} !== 'object' || isArrayOrRevoked(${owner})) refuseSection('${section.path}', ${owner});
  let ${bits} = 0;
  let w = ${at(record.fixedWords)};
${slots.join('')}  i32[${at(0)}] = ${bits};
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
  return `function ${writer(section)}(out: Encoder, section: Section<'${section.name}'>, at: number): number {
  if (typeof section !== 'object' || isArrayOrRevoked(section)) refuseSection('${section.path}', section);
  const { i32${usesMemo ? ', memoTexts, memoRefs' : ''} } = out;
  let bits = 0;
  let w = at + 1;
${body.join('')}  i32[at] = bits;
  return w;
}
`;
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
    return `if (typeof ${value} !== 'string') throw invalid('${field.path}', ${value}, 'a string');
const ${value}Spot = ${value}.length === 0 ? 0 : Math.imul(${place} * ${PLACE_SALT} + ${value}.length * 256 + ${value}.charCodeAt(${value}.length - 1), 0x9e3779b1) >>> 20;
if (${value} === cachedTexts[${value}Spot]) i32[${word}] = cachedRefs[${value}Spot];
else out.changed(${word}, ${value}, ${place});`;
  if (isMemoized(field))
    return `if (${value} === memoTexts[${place}]) i32[${word}] = memoRefs[${place}];\nelse out.interned(${word}, ${value}, '${field.path}', ${place});`;
  return `out.${field.kind === 'json' ? 'json' : 'bundled'}(${word}, ${value}, '${field.path}');`;
}

function isMemoized(field) {
  return field.kind === 'string' && field.interned === 'all';
}

function writeWord(field, word, value) {
  return `${checkNumber(field, value)}\ni32[${word}] = ${value};`;
}

function writeDouble(field, value) {
  return `${checkNumber(field, value)}\nout.double(w, ${value});\nw += 2;`;
}

function checkNumber(field, value) {
  const { bad, expected } = NUMBER_RULES[field.kind];
  return `if (${bad(value)}) throw invalid('${field.path}', ${value}, '${expected}');`;
}

function writePart(field, value) {
  if (field.kind === 'strings')
    return `w = out.strings(w, ${value}, '${field.path}', ${field.place}, ${field.interned === 'all'});`;
  return `w = out.stringMap(w, ${value}, '${field.path}', ${field.place}, ${field.interned !== 'none'}, ${field.interned === 'all'});`;
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
  const check = `if (typeof ${field.name} !== 'boolean') throw invalid('${field.path}', ${field.name}, 'a boolean');`;
  const put = `if (${field.name}) ${bits} |= ${bit(field.valueBit)};`;
  const read = `  const ${field.name} = ${owner}.${field.name};\n`;
  if (!field.optional) return `${read}  ${check}\n  ${put}\n`;
  return `${read}  if (${field.name} !== undefined && ${field.name} !== null) {\n${present}    ${check}\n    ${put}\n  }\n`;
}

function emitEnum(field) {
  return `function ${enumFunction(field)}(value: string): number {
  switch (value) {
${field.values.map((value, i) => `    case '${value}':\n      return ${i + 1};`).join('\n')}
    default:
      throw invalid('${field.path}', value, '${field.values.map((value) => `"${value}"`).join(', ')}');
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
