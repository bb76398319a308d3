/**
 * Cross builds the binary for Windows by mingw, which node-gyp cannot. Sources and flags are those of binding.gyp; the functions of
 * Node are imported from NODE.EXE, so under an executable of another name it does not load.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { compilerFlags, nativeSources } from './compiler-flags.mjs';
import { run } from './shell.mjs';

/** Compiles, links and strips into `file`, with `cwd` for what lies between; answers as shell.run does. */
export async function buildForWindows({ tools }, cwd, file) {
  let output = '';
  const succeed = async (tool, args) => {
    const done = await run(`${tools}${tool}`, args, { cwd });
    output += done.output;
    if (done.code !== 0) throw new Error(`${tool} ended with ${done.code}`);
    return done.stdout;
  };
  const objects = path.join(cwd, 'objects');
  fs.rmSync(objects, { recursive: true, force: true });
  fs.mkdirSync(objects);
  try {
    const flags = [...compilerFlags('win'), '-ffunction-sections', '-fdata-sections'];
    // By paths below the stage, so that none of this machine's is in the file.
    const compiled = await inParallel(nativeSources(), async (source) => {
      const object = path.join('objects', `${path.basename(source, '.cc')}.o`);
      await succeed('g++-posix', ['-c', ...flags, source, '-o', object]);
      return object;
    });
    const wanted = await succeed('nm', ['-u', ...compiled]);
    fs.writeFileSync(path.join(objects, 'node.def'), definition(wanted));
    await succeed('dlltool', ['-d', 'objects/node.def', '-l', 'objects/libnode.a']);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const linker = ['-shared', '-static', '-s', '-Wl,--gc-sections', '-Wl,--no-insert-timestamp'];
    await succeed('g++-posix', [...linker, '-o', file, ...compiled, 'objects/libnode.a']);
    return { code: 0, output };
  } catch (error) {
    return { code: 1, output: `${output}\n${error.message}` };
  }
}

/** Of the names that the objects lack, those that Node has. */
function definition(undefinedNames) {
  const names = undefinedNames.matchAll(/\bU (?:__imp_)?((?:napi|node_api|uv)_\w+)/g);
  const unique = new Set([...names].map(([, name]) => name));
  return `NAME NODE.EXE\nEXPORTS\n${[...unique].sort().join('\n')}\n`;
}

/** As many at a time as there are processors; results in order. */
async function inParallel(items, work) {
  const results = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]);
    }
  };
  await Promise.all(Array.from({ length: os.availableParallelism() }, worker));
  return results;
}
