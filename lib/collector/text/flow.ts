/** Parts side by side, as many in a line as it has room for. Each stays whole; one that is wider than a line has a line of its own. */
import { cellsOf } from './cells';

/** Other lines than the first begin with `indent`. */
export function flow(parts: readonly string[], width: number, gap = '  ', indent = '  '): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last === undefined) lines.push(part);
    else if (cellsOf(last + gap + part) <= width) lines[lines.length - 1] = last + gap + part;
    else lines.push(indent + part);
  }
  return lines;
}
