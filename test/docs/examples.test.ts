/**
 * Every JavaScript example in the documentation runs as it is printed, as a module of its own. Where a block of `text` follows,
 * that is what it prints.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const root = path.join(__dirname, '../../..');
const run = promisify(execFile);

interface Example {
  name: string;
  code: string;
  /** What it prints, where the document says so. */
  output?: string;
}

/** @param text Markdown */
function examplesIn(name: string, text: string): Example[] {
  return [...text.matchAll(/^```js\n(.*?)^```$(?:\n+```text\n(.*?)^```$)?/gms)].map((match, i) => ({
    name: `${name} #${i + 1}`,
    code: match[1],
    output: match[2],
  }));
}

function documentsIn(directory: string): string[] {
  const names = readdirSync(path.join(root, directory)).filter((name) => name.endsWith('.md'));
  return names.map((name) => `${directory}/${name}`);
}

const guides = documentsIn('docs/guides');
const documents = ['README.md', ...documentsIn('docs'), ...guides];
const examples = documents.flatMap((name) => examplesIn(name, readFileSync(path.join(root, name), 'utf8')));

// Below the root, so that the package's own name leads to it.
const folder = mkdtempSync(path.join(root, 'build/examples-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function runExample({ name, code, output }: Example): Promise<void> {
  const file = path.join(folder, `${name.replaceAll(/\W+/g, '-')}.mjs`);
  writeFileSync(file, code);
  const { stdout, stderr } = await run(process.execPath, [file], { timeout: 20_000 });
  expect(stderr).toBe('');
  if (output === undefined) expect(stdout).not.toBe('');
  else expect(stdout).toBe(output);
}

test.each(['README.md', ...guides])('%s has an example', (file) => {
  expect(examples.some(({ name }) => name.startsWith(`${file} #`))).toBe(true);
});

test.each(examples)('$name runs', runExample);

test.each([
  ['broken', "```js\nimport { Nothing } from '@tapio/performance';\n```\n"],
  ['silent', '```js\n```\n'],
  ['lying', '```js\nconsole.log(2);\n```\n\n```text\n1\n```\n'],
])('an example that is %s is noticed', async (name, text) => {
  const [example] = examplesIn(name, text);
  await expect(runExample(example)).rejects.toThrow();
});
