/** The field table: what tests, pools and the JSON form iterate over. */
export function emitFields(fields) {
  return `
export type FieldKind =
  | 'string'
  | 'timestamp'
  | 'boolean'
  | 'enum'
  | 'u32'
  | 'i32'
  | 'port'
  | 'safeInteger'
  | 'double'
  | 'strings'
  | 'stringMap'
  | 'json'
  | 'bytes'
  | 'section';

export interface FieldInfo {
  readonly name: string;
  /** From the event, such as \`kernel.pid\`. */
  readonly path: string;
  /** Its name in the JSON form. */
  readonly json: string;
  readonly kind: FieldKind;
  readonly optional: boolean;
  /** Of an enum: its values. */
  readonly values?: readonly string[];
  /** Of a section: its fields. */
  readonly fields?: readonly FieldInfo[];
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
  ];
  if (field.values) parts.push(`values: [${field.values.map((value) => `'${value}'`).join(', ')}]`);
  if (!field.fields) return `${indent}{ ${parts.join(', ')} },`;
  const inner = field.fields.map((child) => describe(child, `${indent}    `)).join('\n');
  return `${indent}{\n${indent}  ${parts.join(', ')},\n${indent}  fields: [\n${inner}\n${indent}  ],\n${indent}},`;
}
