/**
 * Another commit of this repository, built beside this one, for benchmarks that compare the two. It is built with the tools
 * installed here, once for each commit.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fail, root, run } from './shell.mjs';

async function build(revision) {
  const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'buffer', maxBuffer: 2 ** 28 });
  const commit = git('rev-parse', '--verify', '--short=12', `${revision}^{commit}`).toString().trim();
  const folder = path.join(root, 'build/other', commit);
  if (existsSync(path.join(folder, 'dist/index.js'))) return folder;
  console.error(`building ${revision} (${commit})...`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-x', '-C', folder], { input: git('archive', commit) });
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  for (const script of ['build-native', 'build-ts']) {
    const { code, output } = await run(process.execPath, [`scripts/${script}.mjs`], { cwd: folder });
    if (code === 0) continue;
    // What is there of it would be taken for the whole next time.
    rmSync(folder, { recursive: true, force: true });
    fail(`${revision}: ${output}`);
  }
  return folder;
}

/** Adds `--folder FOLDER` to arguments that name a commit with `--against`. */
export async function withOtherBuild(args) {
  const at = args.indexOf('--against');
  if (at < 0) return args;
  if (args[at + 1] === undefined) fail('--against needs a commit');
  return [...args, '--folder', await build(args[at + 1])];
}
