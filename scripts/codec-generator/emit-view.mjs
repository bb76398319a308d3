/** The view: getters that read one field each, for the root and for each section. */
import { ROOT_HEADER } from './layout.mjs';
import { typeName } from './type-name.mjs';

export function emitView(layout) {
  const { root, fixed, sections, bytes, timestamp } = layout;
  const enums = [root, ...layout.allSections.map((section) => section.record)].flatMap((record) =>
    record.flags.filter((field) => field.kind === 'enum'),
  );
  const rootSlots = ['ROOT', ...sections.map((section) => constant(section))];
  return `import { corrupt } from '../invalid-event';
import { countBits } from '../references';
import { SectionView, ViewReader } from '../view-reader';
import type { UnifiedEvent } from '../unified-event';

type Section<Name extends keyof UnifiedEvent> = Readonly<NonNullable<UnifiedEvent[Name]>>;

${enums.map((field) => `const ${enumValues(field)} = [${field.values.map((value) => `'${value}'`).join(', ')}] as const;`).join('\n')}

/** Where the start of each packed record is kept. */
${rootSlots.map((name, i) => `const ${name} = ${i};`).join('\n')}

/** The getters of an event view. */
export abstract class EventFields extends ViewReader implements Readonly<UnifiedEvent> {
  readonly #starts = new Int32Array(${rootSlots.length});
${layout.allSections.map((section) => `  readonly #${section.name}View = new ${viewClass(section)}(this);`).join('\n')}

  protected moveToEvent(at: number, length: number): void {
    this.move(at, length, ${ROOT_HEADER.bits}, ${hex(bit(fixed.bit))}, ${fixed.record.fixedWords});
  }

  /** First word of a packed record, 0 when it is absent. */
  start(record: number): number {
    if (!this.located) this.ensureLocated();
    return this.#starts[record];
  }

  get ${timestamp.name}(): bigint {
    const timestamp = this.i64[this.base >> 1];
    if (timestamp < 0n) throw corrupt(\`${timestamp.path} is \${timestamp}\`);
    return timestamp;
  }
${root.requiredRefs.map((field, i) => `  get ${field.name}(): string {\n    return this.text(this.base + ${ROOT_HEADER.refs + i});\n  }`).join('\n')}
${root.fields
  .filter((field) => field.optional)
  .map((field) => emitRootField(field, root))
  .join('\n')}
  get ${bytes.name}(): Uint8Array | undefined {
    return (this.bits & ${hex(bit(bytes.bit))}) === 0 ? undefined : this.rawBytes();
  }
${layout.allSections
  .map(
    (section) => `  get ${section.name}(): Section<'${section.name}'> | undefined {
    return (this.bits & ${hex(bit(section.bit))}) === 0 ? undefined : this.#${section.name}View;
  }`,
  )
  .join('\n')}

  protected locate(): number {
    const { i32, base } = this;
    const starts = this.#starts;
    const bits = this.bits;
    starts.fill(0);
    this.addRun(base + ${ROOT_HEADER.refs}, base + ${layout.headerWords});
    let w = base + ${layout.headerWords};
    if ((bits & ${hex(bit(fixed.bit))}) !== 0) {
      const b = this.fixedBits;
      this.addRun(w + 1, w + ${fixed.record.optionalRefs.length + 1});
      w += ${fixed.record.fixedWords};
${emitParts(fixed.record, 'b', '      ')}    }
    starts[ROOT] = w;
${emitRecordEnd(root, 'bits', 'w', 0, '    ')}
${sections.map(emitLocate).join('\n')}
    this.requireUpTo(w);
    return w;
  }
}

${emitFixedView(fixed, layout.headerWords)}
${sections.map(emitPackedView).join('\n')}`;
}

function emitLocate(section) {
  return `    if ((bits & ${hex(bit(section.bit))}) !== 0) {
      this.requireUpTo(w + 1);
      const b = i32[w];
      starts[${constant(section)}] = w;
${emitRecordEnd(section.record, 'b', 'w', 1, '      ')}
    }`;
}

/** Notes the references of a packed record and moves w behind it. */
function emitRecordEnd(record, bits, w, headWords, indent) {
  const required = headWords === 0 ? 0 : record.requiredRefs.length;
  const mask = record.optionalRefMask >>> 0;
  const refs = [
    w,
    ...(headWords + required ? [String(headWords + required)] : []),
    ...(mask ? [`countBits(${bits} & ${hex(mask)})`] : []),
  ].join(' + ');
  const from = headWords === 0 ? w : `${w} + ${headWords}`;
  const end = record.end;
  const fixedWords = headWords === 0 ? end.fixedBefore - 1 - record.requiredRefs.length : end.fixedBefore;
  const size = words({ ...end, fixedBefore: fixedWords }, bits);
  const lines = [];
  if (required > 0 || mask !== 0) lines.push(`${indent}this.addRun(${from}, ${refs});\n`);
  if (size !== '0') lines.push(`${indent}${w} += ${size};\n`);
  return `${lines.join('')}${emitParts(record, bits, indent)}`;
}

function emitParts(record, bits, indent) {
  return record.parts
    .map((field) => {
      const step = `w = this.addPart(w, ${partSize(field)});`;
      return field.optional
        ? `${indent}if ((${bits} & ${hex(bit(field.bit))}) !== 0) ${step}\n`
        : `${indent}${step}\n`;
    })
    .join('');
}

function emitRootField(field, record) {
  const type = `UnifiedEvent['${field.name}']`;
  if (field.kind === 'enum')
    return `  get ${field.name}(): ${type} {\n${enumBody(field, 'this.bits', '    ')}  }`;
  // The root has no word of bits in its record and its required references are in the header.
  const before = {
    ...field,
    fixedBefore: (field.fixedBefore ?? record.end.fixedBefore) - 1 - record.requiredRefs.length,
  };
  const at = record.parts.includes(field)
    ? partPlace(record, field, 'bits', 'this', 1 + record.requiredRefs.length)
    : plus('this.start(ROOT)', words(before, 'bits'));
  return `  get ${field.name}(): ${type} {
    const bits = this.bits;
    if ((bits & ${hex(bit(field.bit))}) === 0) return undefined;
    return ${readValue(field, at, 'this')};
  }`;
}

function emitFixedView(section, headerWords) {
  const { record } = section;
  const getters = record.fields.map((field) => {
    const type = `Section<'${section.name}'>['${field.name}']`;
    if (field.kind === 'enum' || field.kind === 'boolean')
      throw new Error(`${field.path}: no flags in the fixed section yet`);
    const at = record.parts.includes(field)
      ? fixedPartPlace(record, field)
      : `root.base + HEADER + ${field.word}`;
    return `  get ${field.name}(): ${type} {
    const root = this.root;
    if ((root.fixedBits & ${hex(bit(field.bit))}) === 0) return undefined;
    return ${readValue(field, at, 'root')};
  }`;
  });
  return `const HEADER = ${headerWords};

class ${viewClass(section)} extends SectionView<EventFields> implements Section<'${section.name}'> {
${fieldNames(section)}
${getters.join('\n')}
}
`;
}

function fixedPartPlace(record, field) {
  return skipParts(record, field, 'root.fixedBits', 'root', `root.base + HEADER + ${record.fixedWords}`);
}

function emitPackedView(section) {
  const { record } = section;
  const getters = record.fields.map((field) => {
    const type = `Section<'${section.name}'>['${field.name}']`;
    // A section view that outlived its event shows nothing.
    const gone = field.optional ? 'undefined' : 'undefined as never';
    const head = `  get ${field.name}(): ${type} {
    const root = this.root;
    const w = root.start(${constant(section)});
    if (w === 0) return ${gone};
    const bits = root.i32[w];
`;
    if (field.kind === 'enum') return `${head}${enumBody(field, 'bits', '    ')}  }`;
    if (field.kind === 'boolean') {
      const absent = field.optional
        ? `    if ((bits & ${hex(bit(field.bit))}) === 0) return undefined;\n`
        : '';
      return `${head}${absent}    return (bits & ${hex(bit(field.valueBit))}) !== 0;\n  }`;
    }
    const at = record.parts.includes(field)
      ? partPlace(record, field, 'bits', 'root', 0, 'w')
      : plus('w', words(field, 'bits'));
    const absent = field.optional ? `    if ((bits & ${hex(bit(field.bit))}) === 0) return undefined;\n` : '';
    const usesBits = absent !== '' || /\bbits\b/.test(at);
    return `${usesBits ? head : head.replace(/ {4}const bits.*\n/, '')}${absent}    return ${readValue(field, at, 'root')};\n  }`;
  });
  return `class ${viewClass(section)} extends SectionView<EventFields> implements Section<'${section.name}'> {
${fieldNames(section)}
${getters.join('\n')}
}
`;
}

function fieldNames(section) {
  return `  protected override get fieldNames(): readonly string[] {
    return ${JSON.stringify(section.record.fields.map((field) => field.name))
      .replaceAll('"', "'")
      .replaceAll(',', ', ')};
  }`;
}

function partPlace(record, field, bits, reader, missingWords, start = 'this.start(ROOT)') {
  const first = plus(
    start,
    words({ ...record.end, fixedBefore: record.end.fixedBefore - missingWords }, bits),
  );
  return skipParts(record, field, bits, reader, first);
}

/** Nested calls that step over the parts before this one. */
function skipParts(record, field, bits, reader, first) {
  let place = first;
  for (const before of record.parts) {
    if (before === field) break;
    const present = before.optional ? `(${bits} & ${hex(bit(before.bit))}) !== 0` : 'true';
    place = `${reader}.skipPart(${place}, ${partSize(before)}, ${present})`;
  }
  return place;
}

function words({ fixedBefore, oneBefore, twoBefore }, bits) {
  const terms = [
    ...(fixedBefore ? [String(fixedBefore)] : []),
    ...(oneBefore ? [`countBits(${bits} & ${hex(oneBefore >>> 0)})`] : []),
    ...(twoBefore ? [`2 * countBits(${bits} & ${hex(twoBefore >>> 0)})`] : []),
  ];
  return terms.length === 0 ? '0' : terms.join(' + ');
}

function readValue(field, at, reader) {
  switch (field.kind) {
    case 'string':
      return `${reader}.text(${at})`;
    case 'json':
      return `${reader}.json(${at})`;
    case 'u32':
      return `${reader}.i32[${at}] >>> 0`;
    case 'i32':
      return `${reader}.i32[${at}]`;
    case 'port':
    case 'safeInteger':
      return `${reader}.${field.kind}(${at}, '${field.path}')`;
    case 'double':
      return `${reader}.double(${at})`;
    case 'strings':
      return `${reader}.strings(${at})`;
    case 'stringMap':
      return `${reader}.stringMap(${at})`;
    default:
      throw new Error(`${field.path}: no view of a ${field.kind}`);
  }
}

function enumBody(field, bits, indent) {
  const shifted = field.bit === 0 ? bits : `(${bits} >>> ${field.bit})`;
  const missing = field.optional ? 'return undefined;' : `throw corrupt('${field.path} is missing');`;
  return `${indent}const number = ${shifted} & ${hex(2 ** field.width - 1)};
${indent}if (number > ${field.values.length}) throw corrupt(\`${field.path} is number \${number}\`);
${indent}if (number === 0) ${missing}
${indent}return ${enumValues(field)}[number - 1];
`;
}

function partSize(field) {
  return field.kind === 'strings' ? 1 : 2;
}

function plus(start, offset) {
  return offset === '0' ? start : `${start} + ${offset}`;
}

function constant(section) {
  return section.name.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase();
}

function viewClass(section) {
  return `${typeName(section)}View`;
}

function enumValues(field) {
  return `${field.path.replace(/\W/g, '_').toUpperCase()}_VALUES`;
}

function bit(index) {
  return 2 ** index;
}

function hex(value) {
  return `0x${value.toString(16)}`;
}
