/**
 * Decides where each field lives in the encoded event. docs/event-format.md describes the result.
 *
 * A record (the root, or a section) is a word of bits followed by words in this order: string references,
 * 32-bit numbers, 64-bit numbers, then the counted parts (arrays and maps of strings). Optional fields that
 * are absent take no word, except in the one fixed section, whose words are always there.
 */

const NUMBER_WORDS = { u32: 1, i32: 1, port: 1, safeInteger: 2, double: 2 };

/** The section whose words have fixed places, right behind the root header. */
const FIXED_SECTION = 'kernel';

export const ROOT_HEADER = { timestamp: 0, bits: 2, textStart: 3, latin1Units: 4, refs: 5 };

export function layOut(fields) {
  const sections = fields.filter((field) => field.kind === 'section');
  const timestamp = take(fields, 'timestamp');
  const bytes = take(fields, 'bytes');
  if (timestamp.optional) throw new Error(`${timestamp.path}: must not be optional`);
  if (!bytes.optional) throw new Error(`${bytes.path}: must be optional`);

  const plain = fields.filter((field) => !['section', 'timestamp', 'bytes'].includes(field.kind));
  const root = record('', plain);
  for (const field of [...root.words, ...root.doubles, ...root.parts, ...root.flags]) {
    if (!field.optional)
      throw new Error(`${field.path}: a required root field of this kind has no place in the header`);
  }
  bytes.bit = root.nextBit();
  for (const section of sections) {
    if (!section.optional) throw new Error(`${section.path}: a section must be optional`);
    section.bit = root.nextBit();
    section.record = record(section.name, section.fields);
  }

  const fixed = sections.find((section) => section.name === FIXED_SECTION);
  if (fixed === undefined) throw new Error(`there is no section ${FIXED_SECTION}`);
  for (const field of fixed.fields) if (!field.optional) throw new Error(`${field.path}: must be optional`);
  const headerWords = ROOT_HEADER.refs + root.requiredRefs.length;
  placeFixed(fixed.record);
  // What a kernel event says in words (a system call, a process) is another one each time, where other fields repeat.
  for (const field of fixed.record.optionalRefs) field.changes = true;

  return {
    timestamp,
    bytes,
    root,
    headerWords,
    fixed,
    sections: sections.filter((section) => section !== fixed),
    allSections: sections,
  };
}

function record(name, fields) {
  let bits = 0;
  const nextBit = (width = 1) => {
    const bit = bits;
    bits += width;
    if (bits > 31) throw new Error(`${name || 'root'}: more than 31 bits of presence and flags`);
    return bit;
  };
  const of = (kinds) => fields.filter((field) => kinds.includes(field.kind));
  const refs = of(['string', 'json']);
  const laid = {
    name,
    fields,
    nextBit,
    requiredRefs: refs.filter((field) => !field.optional),
    optionalRefs: refs.filter((field) => field.optional),
    words: of(Object.keys(NUMBER_WORDS).filter((kind) => NUMBER_WORDS[kind] === 1)),
    doubles: of(Object.keys(NUMBER_WORDS).filter((kind) => NUMBER_WORDS[kind] === 2)),
    flags: of(['boolean', 'enum']),
    parts: of(['strings', 'stringMap']),
  };
  const placed = ['requiredRefs', 'optionalRefs', 'words', 'doubles', 'flags', 'parts'].flatMap(
    (group) => laid[group],
  );
  const lost = fields.find((field) => !placed.includes(field));
  if (lost !== undefined) throw new Error(`${lost.path}: a ${lost.kind} has no place in a record`);

  for (const field of placed) {
    if (field.kind === 'enum') {
      // 0 is absent, 1 is the first value.
      field.width = Math.ceil(Math.log2(field.values.length + 1));
      field.bit = nextBit(field.width);
    } else if (field.kind === 'boolean') {
      if (field.optional) field.bit = nextBit();
      field.valueBit = nextBit();
    } else if (field.optional) {
      field.bit = nextBit();
    }
  }
  laid.maxWords =
    1 + laid.requiredRefs.length + laid.optionalRefs.length + laid.words.length + 2 * laid.doubles.length;
  placePacked(laid);
  return laid;
}

/** Where a packed field is: `fixedBefore` words, one for each bit of `oneBefore`, two for each bit of `twoBefore`. */
function placePacked(laid) {
  let fixedBefore = 1;
  let oneBefore = 0;
  let twoBefore = 0;
  for (const field of [...laid.requiredRefs, ...laid.optionalRefs, ...laid.words, ...laid.doubles]) {
    const size = laid.doubles.includes(field) ? 2 : 1;
    Object.assign(field, { fixedBefore, oneBefore, twoBefore });
    if (!field.optional) fixedBefore += size;
    else if (size === 1) oneBefore |= 1 << field.bit;
    else twoBefore |= 1 << field.bit;
  }
  laid.end = { fixedBefore, oneBefore, twoBefore };
  laid.optionalRefMask = laid.optionalRefs.reduce((mask, field) => mask | (1 << field.bit), 0);
}

function placeFixed(laid) {
  let word = 1;
  for (const field of [...laid.requiredRefs, ...laid.optionalRefs, ...laid.words]) field.word = word++;
  for (const field of laid.doubles) {
    field.word = word;
    word += 2;
  }
  laid.fixedWords = word;
}

function take(fields, kind) {
  const found = fields.filter((field) => field.kind === kind);
  if (found.length !== 1) throw new Error(`expected one root field of kind ${kind}, found ${found.length}`);
  return found[0];
}
