/** The name of a field's own type. */
export function typeName({ name }) {
  return `${name[0].toUpperCase()}${name.slice(1)}`;
}
