/** docs/design.md names files: each is there. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(__dirname, '../../..');
const text = readFileSync(path.join(root, 'docs/design.md'), 'utf8');
const named = [...text.matchAll(/`((?:lib|native|test|scripts|findings|bench)\/[\w./-]+\.\w+)`/g)].map(
  ([, file]) => file,
);

test('it names the files of every step', () => {
  expect(named.length).toBeGreaterThan(80);
});

test.each([...new Set(named)])('%s is there', (file) => {
  expect(existsSync(path.join(root, file))).toBe(true);
});
