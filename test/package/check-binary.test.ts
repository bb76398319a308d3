/** scripts/check-binary.mjs on files of macOS, which nothing else here builds: objects of clang, with the type that a linker would give. */
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(__dirname, '..', '..', '..');
const withClang: typeof test = ((name: string, run: () => void) =>
  spawnSync('clang', ['--version']).status === 0
    ? test(name, run)
    : test(`${name} (skipped: no clang)`, () => undefined)) as typeof test;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const TYPE_AT = 12;
const BUNDLE = 8;
const ADDON = 'int napi_register_module_v1(void) { return 0; }';

function build(triple: string, source: string, type = BUNDLE): string {
  const file = path.join(folder, 'addon.node');
  execFileSync('clang', ['-target', triple, '-x', 'c', '-c', '-', '-o', file], { input: source });
  const bytes = fs.readFileSync(file);
  bytes.writeUInt32LE(type, TYPE_AT);
  fs.writeFileSync(file, bytes);
  return file;
}

function problemsOf(file: string, arch: string): unknown {
  const program = `
    import { checkBinary } from './scripts/check-binary.mjs';
    const [file, arch] = process.argv.slice(1);
    const answer = checkBinary(file, { platform: 'darwin', arch }).then(({ problems }) => problems, ({ message }) => message);
    console.log(JSON.stringify(await answer));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program, file, arch], {
    cwd: root,
    encoding: 'utf8',
  });
  return JSON.parse(output);
}

withClang('takes an addon for each processor', () => {
  expect(problemsOf(build('x86_64-apple-macos11', ADDON), 'x64')).toEqual([]);
  expect(problemsOf(build('arm64-apple-macos11', ADDON), 'arm64')).toEqual([]);
});

withClang('tells the wrong processor, too new a macOS, and what no program loads', () => {
  const object = build('arm64-apple-macos12.3', 'int nothing;', 1);
  expect(problemsOf(object, 'x64')).toEqual([
    'built for arm64, not for x64',
    'not a bundle, which dlopen loads',
    'needs macOS 12.3, the floor is 11.0',
    'does not export napi_register_module_v1',
  ]);
});

withClang('tells a function that Bun or Deno lacks, unless it is a weak reference', () => {
  const calls = (name: string): string => `int ${name}(void); int call_${name}(void) { return ${name}(); }`;
  const source = `
    ${ADDON}
    #pragma weak uv_poll_init
    ${calls('uv_poll_init')} ${calls('uv_poll_start')} ${calls('uv_async_send')}`;
  expect(problemsOf(build('arm64-apple-macos11', source), 'arm64')).toEqual([
    'Bun or Deno lacks uv_poll_start',
  ]);
});

withClang('counts no hidden function as exported', () => {
  const hidden = `__attribute__((visibility("hidden"))) ${ADDON}`;
  expect(problemsOf(build('x86_64-apple-macos11', hidden), 'x64')).toEqual([
    'does not export napi_register_module_v1',
  ]);
});

test('tells a file of another kind', () => {
  const file = path.join(folder, 'other.node');
  fs.writeFileSync(file, 'no binary, but as long as the header of one that is');
  expect(problemsOf(file, 'arm64')).toBe(`${file} is no Mach-O file of 64 bits`);
});
