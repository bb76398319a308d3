/**
 * Cross builds the binary for Windows by mingw, which node-gyp cannot. Sources and flags are those of binding.gyp; the functions of
 * Node are imported from NODE.EXE, so under an executable of another name it does not load.
 */
import fs from 'node:fs';
import path from 'node:path';
import { compilerFlags, nativeSources } from './compiler-flags.mjs';
import { inParallel } from './in-parallel.mjs';
import { run } from './shell.mjs';
import { compilerOf } from './targets.mjs';

/** Compiles, links and strips into `file`, with `cwd` for what lies between; answers as shell.run does. */
export async function buildForWindows(target, cwd, file) {
  const compiler = compilerOf(target);
  let output = '';
  const succeed = async (tool, args) => {
    const done = await run(tool, args, { cwd });
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
      await succeed(compiler, ['-c', ...flags, source, '-o', object]);
      return object;
    });
    const wanted = await succeed(`${target.tools}nm`, ['-u', ...compiled]);
    fs.writeFileSync(path.join(objects, 'node.def'), definition(wanted));
    await succeed(`${target.tools}dlltool`, ['-d', 'objects/node.def', '-l', 'objects/libnode.a']);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const linker = ['-shared', '-static', '-s', '-Wl,--gc-sections', '-Wl,--no-insert-timestamp'];
    await succeed(compiler, [...linker, '-o', file, ...compiled, 'objects/libnode.a']);
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
