/** Events of a pool: every field, what is absent as undefined. */
export function emitBlank({ root, timestamp, fixed, sections, bytes }) {
  const required = [...root.requiredRefs.map(({ name }) => [name, "''"]), [timestamp.name, '0n']];
  const optional = [...root.fields, fixed, ...sections, bytes]
    .filter(({ optional }) => optional)
    .map(({ name }) => [name, 'undefined']);
  const values = [...required, ...optional];
  return `import { shapeOf } from '../shape';
import type { UnifiedEvent } from '../unified-event';

/** A blank event that has every field. */
export const BlankShape = shapeOf<UnifiedEvent>(function () {
${values.map(([name, value]) => `  this.${name} = ${value};`).join('\n')}
});

/** Blanks one. Throws a TypeError where a field cannot be written. */
export function blank(event: UnifiedEvent): void {
${values.map(([name, value]) => `  event.${name} = ${value};`).join('\n')}
}
`;
}
