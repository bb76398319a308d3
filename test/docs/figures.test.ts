/** Figures beside the peers stand on three pages, and are of one run: `npm run bench:report -- --readme` writes all of them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(__dirname, '../../..');

test.each(['README.md', 'docs/comparison.md'])('%s tells of the same run as bench/README.md', (file) => {
  const [here, there] = [file, 'bench/README.md'].map((each) =>
    readFileSync(path.join(root, each), 'utf8').match(/^.*repeats; `npm run bench:peers`$/gm),
  );
  expect(here).toHaveLength(1);
  expect(here).toEqual(there);
});
