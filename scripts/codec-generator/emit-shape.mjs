/**
 * A constructor of objects with room for all that their type has.
 *
 * @param fields in the order in which the reader assigns them: what the engine has seen in another order it learns anew, and reads
 *   slower until it has
 */
export function emitShape(name, type, fields) {
  return `const ${name}Shape = shapeOf<${type}>(function (all) {
  if (!all) return;
${fields.map((field) => `  this.${field.name} = undefined as never;`).join('\n')}
});
`;
}
