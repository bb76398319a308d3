/** The table of the small messages beside Event, for the codec that reads tables. */

export function emitMessages({ messages, enums }) {
  const names = [...messages.keys()].filter((name) => !/^Event(\.|$)/.test(name));
  const used = new Set(names.flatMap((name) => messages.get(name).fields.map(({ type }) => type)));
  return `export interface MessageField {
  /** In camelCase. */
  readonly name: string;
  readonly number: number;
  readonly label: '' | 'optional' | 'repeated' | 'map';
  /** A scalar type of protobuf, or the name of a message or an enumeration of this file. */
  readonly type: string;
}

export const MESSAGES: Readonly<Record<string, readonly MessageField[]>> = {
${names.map((name) => `  ${name}: [${messages.get(name).fields.map(describe).join('')}],`).join('\n')}
};

/** The values by number, without the prefix of the enumeration, in lower case; undefined for the first, which is absent. */
export const ENUMS: Readonly<Record<string, readonly (string | undefined)[]>> = {
${[...enums]
  .filter(([name]) => used.has(name))
  .map(
    ([name, values]) =>
      `  ${name}: [${values.map((value, i) => (i === 0 ? 'undefined' : `'${shortName(value.name, name)}'`)).join(', ')}],`,
  )
  .join('\n')}
};
`;
}

function describe({ name, number, label, type }) {
  return `\n    { name: '${camelCase(name)}', number: ${number}, label: '${label}', type: '${type}' },`;
}

function shortName(value, enumName) {
  return value.slice(enumName.length + 1).toLowerCase();
}

function camelCase(name) {
  return name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}
