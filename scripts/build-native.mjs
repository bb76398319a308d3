/**
 * Builds the addon into build/Release, compiling only what changed.
 *
 *   node scripts/build-native.mjs                        the Release build
 *   node scripts/build-native.mjs --sanitize=address     into build/address/build/Release, beside it
 *   node scripts/build-native.mjs --sanitize=thread      into build/thread/build/Release
 */
import { stage } from './native-stage.mjs';
import { nodeDirectory } from './node-headers.mjs';
import { fail, has, readArguments, root, runBin } from './shell.mjs';

const { values } = readArguments({ options: { sanitize: { type: 'string' } } });
if (values.sanitize && !['address', 'thread'].includes(values.sanitize)) {
  fail(`--sanitize is address or thread, not ${values.sanitize}`);
}

function missingTools() {
  if (process.platform === 'win32') return [];
  const missing = [];
  const compiler = process.env.CXX;
  if (compiler ? !has(compiler.split(' ')[0]) : !has('c++') && !has('g++')) {
    missing.push(
      compiler ? `the compiler that CXX names (${compiler})` : 'a C++20 compiler (Debian package: g++)',
    );
  }
  if (!has('make')) missing.push('make (Debian package: make)');
  if (!has(process.env.npm_config_python ?? process.env.PYTHON ?? 'python3')) {
    missing.push('Python 3 (Debian package: python3)');
  }
  return missing;
}

const directory = nodeDirectory();
const args = ['configure', 'build', '--release', '--jobs=max', '--loglevel=warn'];
if (directory) args.push(`--nodedir=${directory}`);

const { code, output } = await runBin('node-gyp', args, {
  cwd: values.sanitize ? stage(values.sanitize) : root,
  env: values.sanitize ? { ...process.env, GYP_DEFINES: `${values.sanitize}_sanitizer=1` } : process.env,
});
if (code !== 0) {
  const missing = missingTools();
  if (missing.length > 0) fail(`The addon was not built. Missing:\n  ${missing.join('\n  ')}`);
  const compilerOutput = output
    .split('\n')
    .filter((line) => !/^(gyp (ERR!|info)|make(\[\d+\])?: (Entering|Leaving))/.test(line));
  const readable = /\berror:/.test(output) ? compilerOutput.join('\n') : output;
  fail(`${readable.trimEnd()}\n\nThe addon was not built (node-gyp ended with ${code}).`);
}
if (/\bwarning:/i.test(output)) console.error(output.trimEnd());
