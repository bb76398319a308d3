/** docs/design.md names files: each is there. Its tree names the rooms of the collector: all that lint knows. */
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

test('the tree has the rooms of the collector', () => {
  const [, tree] = text.match(/^ {2}collector\/ .*\n((?: {4}.*\n)+)/m)!;
  const told = [...tree.matchAll(/^ {4}((?:[\w-]+(?:\/|\.ts) )+)/gm)].flatMap(([, names]) =>
    names.trim().split(' '),
  );
  const layers = readFileSync(path.join(root, 'scripts/check-layers.mjs'), 'utf8');
  const rooms = [...layers.matchAll(/^ {2}'collector\/([\w-]+)':/gm)].map(([, room]) => room);
  expect(told.map((name) => name.replace(/\/$|\.ts$/, '')).sort()).toEqual(rooms.sort());
});
