/**
 * The one table of what each kind of field holds. The checks of the encoder, those of the JSON form and the words of every
 * refusal are written from it, so that what one form takes the other takes, too.
 *
 * - `holds(v)`: the expression that is true of a value which such a field may hold
 * - `expected`: what a refusal says it must be
 * - `inJson`: likewise of what JSON can carry of it, where that is less
 *
 * An enumeration differs from field to field: its values are in the table of fields. A new kind is a line here and whatever then does
 * not build: the generator throws and the switches of lib/event/json.ts no longer compile (test/event/field-kinds.test.ts).
 */
const isObject = (v) => `typeof ${v} === 'object' && ${v} !== null && !isArrayOrRevoked(${v})`;

const KINDS = {
  string: { holds: (v) => `typeof ${v} === 'string'`, expected: 'a string' },
  timestamp: {
    holds: (v) => `typeof ${v} === 'bigint' && ${v} >= 0n && ${v} <= MAX_TIMESTAMP`,
    expected: 'a bigint from 0 to 2^63-1',
  },
  boolean: { holds: (v) => `typeof ${v} === 'boolean'`, expected: 'a boolean' },
  u32: {
    holds: (v) => `typeof ${v} === 'number' && ${v} >>> 0 === ${v}`,
    expected: 'an integer from 0 to 4294967295',
  },
  i32: {
    holds: (v) => `typeof ${v} === 'number' && (${v} | 0) === ${v}`,
    expected: 'an integer from -2147483648 to 2147483647',
  },
  port: {
    holds: (v) => `typeof ${v} === 'number' && (${v} & 0xffff) === ${v}`,
    expected: 'an integer from 0 to 65535',
  },
  safeInteger: { holds: (v) => `Number.isSafeInteger(${v})`, expected: 'a safe integer' },
  double: {
    holds: (v) => `typeof ${v} === 'number'`,
    expected: 'a number',
    inJson: { holds: (v) => `Number.isFinite(${v})`, expected: 'a finite number in JSON' },
  },
  strings: { holds: (v) => `isArray(${v})`, expected: 'an array of strings' },
  stringMap: { holds: isObject, expected: 'an object of strings' },
  json: { holds: isObject, expected: 'an object' },
  section: { holds: isObject, expected: 'an object' },
  bytes: { holds: (v) => `isBytes(${v})`, expected: 'a Uint8Array whose memory is still there' },
};

export const KIND_NAMES = [...Object.keys(KINDS), 'enum'];

/** What the expressions stand on, beside isArray, isArrayOrRevoked and isBytes. */
export const MAX_TIMESTAMP = 'const MAX_TIMESTAMP = 2n ** 63n - 1n;';

function ruleOf(kind) {
  const rule = KINDS[kind];
  if (rule === undefined)
    throw new Error(`a field of the kind ${kind}, which scripts/codec-generator/kinds.mjs lacks`);
  return rule;
}

export function holds(kind, value) {
  return ruleOf(kind).holds(value);
}

export function expected(field) {
  if (field.kind === 'enum') return field.values.map((value) => `"${value}"`).join(', ');
  return ruleOf(field.kind).expected;
}

export function inJson(kind) {
  return KINDS[kind]?.inJson;
}

/** The statement that refuses a value which the field may not hold. */
export function check(field, value) {
  return `if (!(${holds(field.kind, value)})) throw invalid('${field.path}', ${value}, '${expected(field)}');`;
}
