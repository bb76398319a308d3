/** docs/guarantees.md names code and tests: each is there, each title stands in the file named before it, and so does each mutant. Each promise says how far it was tested. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(__dirname, '../../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const text = read('docs/guarantees.md').replaceAll(/\s+/g, ' ');
const mutants = [...read('test/core/check_mutants.sh').matchAll(/^([\w-]+) \| /gm)].map(([, name]) => name);

const named = [...text.matchAll(/`((?:lib|native|test|scripts)\/[\w./-]+)`/g)].map(([, file]) => file);
test.each([...new Set(named)])('%s is there', (file) => {
  expect(existsSync(path.join(root, file))).toBe(true);
});

const titles = [...text.matchAll(/`(test\/[\w./-]+\.ts)`|"([^"]+)"/g)].reduce<[string, string][]>(
  (found, [, file, title]) => {
    if (file !== undefined) found.push([file, '']);
    else found.push([found.at(-1)![0], title]);
    return found;
  },
  [],
);
test.each(titles.filter(([, title]) => title !== ''))('%s has the test "%s"', (file, title) => {
  expect(read(file)).toContain(title);
});

test('each mutant is one of the list', () => {
  const lists = [...text.matchAll(/mutants? ((?:`[\w-]+`(?:, )?)+)/g)].map(([, list]) => list);
  const wanted = lists.flatMap((list) => [...list.matchAll(/`([\w-]+)`/g)].map(([, name]) => name));
  expect(wanted.length).toBeGreaterThan(10);
  expect(wanted.filter((name) => !mutants.includes(name))).toEqual([]);
});

test('as many mutants as it says', () => {
  expect(text).toContain(`are ${mutants.length} copies`);
});

test('each scenario is in the model', () => {
  const lists = [...text.matchAll(/in the model ((?:`\w+`(?:, )?)+)/g)].map(([, list]) => list);
  const scenarios = lists.flatMap((list) => [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(scenarios.length).toBeGreaterThan(5);
  const model = read('test/core/ring_relacy.cc');
  expect(scenarios.filter((name) => !new RegExp(`\\b${name}\\b`).test(model))).toEqual([]);
});

const promises = read('docs/guarantees.md').split('\n## ').slice(1, -1);
test.each(promises.map((promise) => [promise.split('\n')[0], promise]))('%s: how far', (_title, promise) => {
  expect(promise).toContain('- **Reached**: ');
});
