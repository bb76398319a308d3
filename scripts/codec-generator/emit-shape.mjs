/**
 * A constructor of objects with room for all that their type has.
 *
 * @param names of the fields, in the order in which the reader assigns them: the engine learns what a field holds along that order only
 */
export function emitShape(name, type, names) {
  return `const ${name}Shape = shapeOf<${type}>(function (all) {
  if (!all) return;
${names.map((each) => `  this.${each} = undefined as never;`).join('\n')}
});
`;
}

/** The fields of `owner` that the code of a reader assigns, in that order. */
export function assignedIn(code, owner) {
  return [
    ...new Set(Array.from(code.matchAll(new RegExp(`\\b${owner}\\.(\\w+) = `, 'g')), ([, name]) => name)),
  ];
}
