/** `npm run prebuild` on a binary that is there already: in a folder that looks like the repository. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(__dirname, '..', '..', '..');
const onLinux: typeof test = ((name: string, run: () => void) =>
  process.platform === 'linux'
    ? test(name, run)
    : test(`${name} (skipped: Linux only)`, () => undefined)) as typeof test;

const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-')));
const file = path.join(folder, `prebuilds/${process.platform}-${process.arch}/@tapio+performance.glibc.node`);
beforeAll(() => {
  fs.cpSync(path.join(root, 'scripts'), path.join(folder, 'scripts'), { recursive: true });
  for (const name of ['native', 'binding.gyp', 'package.json', 'package-lock.json', 'node_modules'])
    fs.symlinkSync(path.join(root, name), path.join(folder, name));
  fs.mkdirSync(path.dirname(file), { recursive: true });
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** As one that is newer than all it is made of. */
function runOn(bytes: string): { code: number | null; output: string } {
  fs.writeFileSync(file, bytes);
  const later = new Date(Date.now() + 3_600_000);
  fs.utimesSync(file, later, later);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(folder, 'scripts', 'prebuild.mjs')],
    { encoding: 'utf8' },
  );
  return { code: status, output: stdout + stderr };
}

onLinux('is held against the floors as well, and does not stay when it fails', () => {
  const { code, output } = runOn('no binary');
  expect(output).toMatch(/glibc\.node: failed the gate:\n/);
  expect({ code, stays: fs.existsSync(file) }).toEqual({ code: 1, stays: false });
});
