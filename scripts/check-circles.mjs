/** No file of lib/ imports itself by way of others, not even for a type: what stands in a circle cannot be read or tested alone. */
import { importsOf, libFiles } from './lib-imports.mjs';

/** @returns {string[]} each import that closes a circle */
export function checkCircles() {
  const imports = new Map(libFiles.map((file) => [file, importsOf(file).map((each) => each.file)]));
  const done = new Set();
  const way = [];
  const circles = [];
  const visit = (file) => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
    if (done.has(file) || way.includes(file)) return;
    way.push(file);
    for (const target of imports.get(file)) if (imports.has(target)) visit(target);
    way.pop();
    done.add(file);
  };
  for (const file of imports.keys()) visit(file);
  return circles;
}
