/** Every JavaScript example in the documentation runs as it is printed, as a module of its own. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const root = path.join(__dirname, '../../..');
const run = promisify(execFile);

interface Example {
  name: string;
  code: string;
}

function examplesOf(file: string): Example[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  return [...text.matchAll(/^```js\n(.*?)^```$/gms)].map((match, i) => ({
    name: `${file} #${i + 1}`,
    code: match[1],
  }));
}

const documents = ['README.md', ...readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`)];
const examples = documents.filter((name) => name.endsWith('.md')).flatMap(examplesOf);

// Below the root, so that the package's own name leads to it.
const folder = mkdtempSync(path.join(root, 'build/examples-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function runExample({ name, code }: Example): Promise<string> {
  const file = path.join(folder, `${name.replaceAll(/\W+/g, '-')}.mjs`);
  writeFileSync(file, code);
  const { stdout, stderr } = await run(process.execPath, [file], { timeout: 30_000 });
  expect(stderr).toBe('');
  return stdout;
}

test('the README has an example', () => {
  expect(examplesOf('README.md').length).toBeGreaterThan(0);
});

test.each(examples)('$name runs', async (example) => {
  expect(await runExample(example)).not.toBe('');
});

test('an example that fails is noticed', async () => {
  await expect(
    runExample({ name: 'broken', code: "import { Nothing } from '@tapio/performance';" }),
  ).rejects.toThrow();
});
