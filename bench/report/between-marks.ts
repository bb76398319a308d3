/** A part of a document that is written by a program: it lies between two comments. */
import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '../../..');
const COMMAND = 'npm run bench:report -- --readme';

/** Puts `part` between `<!-- WHAT: ... -->` and `<!-- end of WHAT -->` of the document. Returns its path from here. */
export function putBetweenMarks(document: string, what: string, part: string): string {
  const file = path.join(root, document);
  const [begin, end] = [`<!-- ${what}: ${COMMAND} -->`, `<!-- end of ${what} -->`];
  const text = fs.readFileSync(file, 'utf8');
  const [start, stop] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  if (start < begin.length || stop < start) throw new Error(`${file} has no place for ${what}`);
  fs.writeFileSync(file, `${text.slice(0, start)}\n\n${part}\n\n${text.slice(stop)}`);
  return path.relative(process.cwd(), file);
}
