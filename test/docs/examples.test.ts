/**
 * Every example in the documentation runs as it is printed, as a module of its own; where a block of `text` follows, that is what it
 * prints. What cannot run here is checked as far as it can be, or is among the exceptions.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { PATIENCE } from '../support/children';

const root = path.join(__dirname, '../../..');
const run = promisify(execFile);
/** After so long one is killed. */
const EXAMPLE_MS = 20_000 * PATIENCE;

interface Block {
  /** Of the document. */
  file: string;
  language: string;
  name: string;
  code: string;
  /** What it prints, where the document says so. */
  output?: string;
}

/** By document and language, or by language alone: why it is not checked. */
const exceptions: Readonly<Record<string, string>> = {
  text: 'what a program prints; behind an example it is compared',
  'docs/bundling.md cjs': 'runs in a single executable only, as test/package/bundled/single.cjs does',
  'docs/guides/monitoring.md none': "logrotate's configuration",
  'docs/guides/see-it-live.md yaml': "Prometheus's configuration",
};

/** What a block of TypeScript uses that the text before it made. */
const given: Readonly<Record<string, string>> = {
  'docs/guides/grpc.md':
    "declare const server: import('@grpc/grpc-js').Server;\n" +
    "declare const service: import('@tapio/performance/grpc').EventService;",
  'docs/kernel.md': "declare const buffer: import('@tapio/performance').EventBuffer;",
};

/** The static entry of a platform is there once its binary was built before the TypeScript. */
const hasStaticEntry =
  process.platform === 'linux' &&
  process.arch === 'x64' &&
  existsSync(path.join(root, 'dist/static/linux-x64.mjs'));

/** @param text Markdown */
function blocksIn(file: string, text: string): Block[] {
  const found = text.matchAll(/^```(\w*)\n(.*?)^```$(?=(?:\n+```text\n(.*?)^```$)?)/gms);
  return [...found].map(([, language, code, output], i) => ({
    file,
    language: language || 'none',
    name: `${file} #${i + 1} ${language}`,
    code,
    output,
  }));
}

function documentsIn(directory: string): string[] {
  const names = readdirSync(path.join(root, directory)).filter((name) => name.endsWith('.md'));
  return names.map((name) => `${directory}/${name}`);
}

const guides = documentsIn('docs/guides');
const documents = ['README.md', ...documentsIn('docs'), ...guides];
const blocks = documents.flatMap((name) => blocksIn(name, readFileSync(path.join(root, name), 'utf8')));
const of = (language: string): Block[] => blocks.filter((block) => block.language === language);

// Below the root, so that the package's own name leads to it.
const folder = mkdtempSync(path.join(root, 'build/examples-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write({ name, code }: Block, ending: string): string {
  const file = path.join(folder, `${name.replaceAll(/\W+/g, '-')}.${ending}`);
  writeFileSync(file, code);
  return file;
}

async function runExample(block: Block): Promise<void> {
  const { stdout, stderr } = await run(process.execPath, [write(block, 'mjs')], { timeout: EXAMPLE_MS });
  expect(stderr).toBe('');
  if (block.output === undefined) expect(stdout).not.toBe('');
  else expect(stdout).toBe(block.output);
}

/** What the compiler says of blocks of TypeScript, with what each is given. */
async function compile(all: readonly Block[]): Promise<string> {
  const files = all.map((block) =>
    write({ ...block, code: `${given[block.file] ?? ''}\n${block.code}` }, 'mts'),
  );
  const project = path.join(folder, 'tsconfig.json');
  const compilerOptions = { noEmit: true, rootDir: root, skipLibCheck: true, noUnusedLocals: false };
  writeFileSync(
    project,
    // What it extends includes all of lib.
    JSON.stringify({ extends: path.join(root, 'tsconfig.json'), compilerOptions, files, include: [] }),
  );
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  return run(process.execPath, [tsc, '-p', project, '--pretty', 'false']).then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  );
}

function checkSyntax(block: Block): Promise<unknown> {
  return run('bash', ['-n', write(block, 'sh')]);
}

test.each(['README.md', ...guides])('%s has an example', (file) => {
  expect(of('js').some((block) => block.file === file)).toBe(true);
});

test.each(documents)(
  '%s has no block that is overlooked: one in a list, of other marks or with more than its language',
  (file) => {
    const text = readFileSync(path.join(root, file), 'utf8');
    const fences = text.match(/^[\s>*\d.-]*(?:`{3}|~{3})/gm) ?? [];
    expect(fences).toHaveLength(2 * blocksIn(file, text).length);
  },
);

test('every block is checked, or is an exception', () => {
  const checked = ['js', 'mjs', 'ts', 'json', 'sh'];
  const keys = blocks.flatMap(({ file, language }) =>
    checked.includes(language) ? [] : [language in exceptions ? language : `${file} ${language}`],
  );
  expect([...new Set(keys)].sort()).toEqual(Object.keys(exceptions).sort());
});

test.each(of('js'))('$name runs', runExample);

test.each(of('mjs'))('$name runs', async (block) => {
  if (!hasStaticEntry) return console.log('skipped: no static entry for linux-x64 here');
  expect(await run(process.execPath, [write(block, 'mjs')], { timeout: EXAMPLE_MS })).toEqual({
    stdout: '',
    stderr: '',
  });
});

test('the TypeScript compiles, and what is wrong is noticed', async () => {
  const wrong = blocksIn('wrong', '```ts\nexport const n: number = "1";\n```\n');
  const messages = (await compile([...of('ts'), ...wrong])).trim().split('\n');
  expect(messages).toEqual([expect.stringMatching(/wrong-1-ts.*TS2322/)]);
});

test.each(of('json'))('$name is JSON', ({ code }) => {
  expect(() => JSON.parse(code) as unknown).not.toThrow();
});

test.each(of('sh'))('$name has the syntax of a shell', checkSyntax);

test.each([
  ['broken', "```js\nimport { Nothing } from '@tapio/performance';\n```\n"],
  ['silent', '```js\n```\n'],
  ['lying', '```js\nconsole.log(2);\n```\n\n```text\n1\n```\n'],
])('an example that is %s is noticed', async (name, text) => {
  const [example] = blocksIn(name, text);
  await expect(runExample(example)).rejects.toThrow();
});

test('a shell that is wrong is noticed', async () => {
  const [block] = blocksIn('wrong', '```sh\necho "\n```\n');
  await expect(checkSyntax(block)).rejects.toThrow();
});
