/**
 * Rewrites every source file in house style: what eslint can fix and prettier
 * for TypeScript and JavaScript, clang-format for C++. What only a person can fix is left to `npm run lint`.
 */
import { fail, has, run, runBin } from './shell.mjs';
import { cppFiles } from './source-files.mjs';

if (!has('clang-format-14')) fail('not installed: apt-get install clang-format-14');
await runBin('eslint', ['--fix', '--quiet', '.']);
const results = await Promise.all([
  runBin('prettier', ['--write', '--log-level=warn', '**/*.{ts,mts,cts,mjs,cjs,js}', '.prettierrc.json']),
  cppFiles.length > 0 ? run('clang-format-14', ['-i', ...cppFiles]) : { code: 0, output: '' },
]);
for (const { code, output } of results) {
  if (code !== 0) fail(output.trimEnd());
}
