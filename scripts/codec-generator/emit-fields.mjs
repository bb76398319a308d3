/** The field table: what tests, pools and the JSON form iterate over, and what each kind of field holds. */
import { expected, holds, inJson, KIND_NAMES, MAX_TIMESTAMP } from './kinds.mjs';

export function emitFields(fields) {
  const ownKinds = KIND_NAMES.filter((kind) => kind !== 'enum');
  const narrower = KIND_NAMES.filter((kind) => inJson(kind) !== undefined);
  return `import { isArray, isArrayOrRevoked } from '../../errors';
import { isBytes } from '../../validate';

export type FieldKind =
${KIND_NAMES.map((kind) => `  | '${kind}'`).join('\n')};

export interface FieldInfo {
  readonly name: string;
  /** From the event, such as \`kernel.pid\`. */
  readonly path: string;
  /** Its name in the JSON form. */
  readonly json: string;
  readonly kind: FieldKind;
  readonly optional: boolean;
  /** What a refusal says it must be. */
  readonly expected: string;
  /** Likewise in the JSON form, which carries less. */
  readonly expectedInJson?: string;
  /** Of an enum: its values. */
  readonly values?: readonly string[];
  /** Of a section: its fields. */
  readonly fields?: readonly FieldInfo[];
}

${MAX_TIMESTAMP}

/** Whether a field may hold a value. Of a section, a map, an array or a JSON object only what it is, not what is in it. */
export function holds(field: FieldInfo, value: unknown): boolean {
  switch (field.kind) {
${ownKinds.map((kind) => `    case '${kind}':\n      return ${holds(kind, 'value')};`).join('\n')}
    case 'enum':
      return field.values!.includes(value as string);
  }
}

/** Whether JSON can carry a value that the field may hold. */
export function holdsInJson(field: FieldInfo, value: unknown): boolean {
  switch (field.kind) {
${narrower.map((kind) => `    case '${kind}':\n      return ${inJson(kind).holds('value')};`).join('\n')}
    default:
      return true;
  }
}

/** Every field of UnifiedEvent, in the order of its declaration. */
export const EVENT_FIELDS: readonly FieldInfo[] = [
${fields.map((field) => describe(field, '  ')).join('\n')}
];
`;
}

function describe(field, indent) {
  const parts = [
    `name: '${field.name}'`,
    `path: '${field.path}'`,
    `json: '${field.json}'`,
    `kind: '${field.kind}'`,
    `optional: ${field.optional}`,
    `expected: '${expected(field)}'`,
  ];
  const narrower = inJson(field.kind);
  if (narrower) parts.push(`expectedInJson: '${narrower.expected}'`);
  if (field.values) parts.push(`values: [${field.values.map((value) => `'${value}'`).join(', ')}]`);
  if (!field.fields) return `${indent}{ ${parts.join(', ')} },`;
  const inner = field.fields.map((child) => describe(child, `${indent}    `)).join('\n');
  return `${indent}{\n${indent}  ${parts.join(', ')},\n${indent}  fields: [\n${inner}\n${indent}  ],\n${indent}},`;
}
