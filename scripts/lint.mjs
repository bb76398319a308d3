/**
 * Every static check of the house, one line each. Two run at a time, the longest first.
 *
 *   node scripts/lint.mjs                 all of them
 *   node scripts/lint.mjs eslint layers   only those named
 */
import fs from 'node:fs';
import path from 'node:path';
import { checkCircles } from './check-circles.mjs';
import { checkLayers } from './check-layers.mjs';
import { checkTests } from './check-tests.mjs';
import { checkText } from './check-text.mjs';
import { inParallel } from './in-parallel.mjs';
import { includeDirectory } from './node-headers.mjs';
import { fail, has, root, run, runBin } from './shell.mjs';
import { cppFiles } from './source-files.mjs';

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** What a check answers from a command: nothing when it succeeded, its output otherwise. */
async function report(command) {
  const { code, output } = await command;
  return code === 0 ? undefined : output.trimEnd();
}

const nativeFiles = cppFiles.filter((file) => file.startsWith('native/'));
const nativeSources = nativeFiles.filter((file) => file.endsWith('.cc'));
const coreHeaders = nativeFiles.filter((file) => file.startsWith('native/core/') && file.endsWith('.h'));

function compilerFlags() {
  const nodeHeaders = includeDirectory();
  return [
    '-std=c++20',
    '-Inative',
    ...['-isystem', 'node_modules/node-addon-api', ...(nodeHeaders ? ['-isystem', nodeHeaders] : [])],
    ...['-DNAPI_VERSION=8', '-DNODE_ADDON_API_DISABLE_CPP_EXCEPTIONS', '-DNODE_ADDON_API_DISABLE_DEPRECATED'],
    ...['-Wall', '-Wextra', '-Wconversion', '-Wshadow', '-fno-exceptions', '-fno-rtti'],
  ];
}

/** A file that includes every core header, so that clang-tidy reads each of them once. */
function allCoreHeaders() {
  const file = path.join(root, 'build', 'lint', 'core-headers.cc');
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const includes = coreHeaders.map((header) => `#include "${header.slice('native/'.length)}"\n`);
  fs.writeFileSync(file, includes.join(''));
  return path.relative(root, file);
}

/**
 * One file for each process; of its headers only those of its own folder are reported. The full depth of
 * clang's analyzer takes a minute for one of our files.
 */
async function clangTidy(file) {
  const folder = file.startsWith('native/') ? path.posix.dirname(file) : 'native/core';
  const analyzer = ['-Xclang', '-analyzer-config', '-Xclang', 'mode=shallow'];
  const { code, stdout, output } = await run('clang-tidy-14', [
    ...['--quiet', `--header-filter=(^|/)${folder}/[^./]+[.]h$`, file],
    ...['--', ...compilerFlags(), ...analyzer],
  ]);
  return code === 0 ? undefined : stdout.trim() || output.trim();
}

/** The files that are not in house style; clang-format itself would print every place. */
async function clangFormat() {
  const { code, output } = await run('clang-format-14', ['--dry-run', '-Werror', ...cppFiles]);
  if (code === 0) return undefined;
  const files = [...new Set([...output.matchAll(/^([^\s:]+):\d+:\d+: error/gm)].map((match) => match[1]))];
  return files.length > 0
    ? `${files.join('\n')}\nCode style issues found. Run npm run format to fix.`
    : output;
}

const cppcheckOptions = [
  ...['--quiet', '--std=c++20', '--language=c++', '--inline-suppr', '--error-exitcode=1', '-Inative'],
  ...['--enable=warning,performance,portability', '--suppress=missingInclude'],
];

/** Each check: the Debian package it needs, if any, and its parts, which may run side by side. */
const checks = {
  // Longest of all, in one part: begun last it would run alone.
  cppcheck: {
    needs: 'cppcheck',
    parts: () => [() => report(run('cppcheck', [...cppcheckOptions, ...nativeFiles]))],
  },
  'clang-tidy': {
    needs: 'clang-tidy-14',
    parts: () => [allCoreHeaders(), ...nativeSources].map((file) => () => clangTidy(file)),
  },
  eslint: {
    parts: () => [
      async () =>
        fs.existsSync(path.join(root, 'dist', 'index.d.ts'))
          ? report(runBin('eslint', ['.', '--max-warnings=0']))
          : 'no dist/ to take types from: npm run build',
    ],
  },
  // Each header of the core compiles alone, without Node.
  headers: {
    needs: 'g++',
    parts: () => [
      () => report(run('g++', ['-fsyntax-only', '-x', 'c++', '-Werror', ...compilerFlags(), ...coreHeaders])),
    ],
  },
  prettier: {
    parts: () => [
      () =>
        report(
          runBin('prettier', [
            '--check',
            '--log-level=warn',
            '**/*.{ts,mts,cts,mjs,cjs,js}',
            '.prettierrc.json',
          ]),
        ),
    ],
  },
  'clang-format': { needs: 'clang-format-14', parts: () => [clangFormat] },
  layers: { parts: () => [async () => checkLayers().join('\n') || undefined] },
  circles: { parts: () => [async () => checkCircles().join('\n') || undefined] },
  tests: { parts: () => [async () => checkTests().join('\n') || undefined] },
  text: { parts: () => [async () => checkText().join('\n') || undefined] },
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !(name in checks));
if (unknown.length > 0)
  fail(`no such check: ${unknown.join(', ')}; there are: ${Object.keys(checks).join(', ')}`);

const start = performance.now();
const selected = names.length > 0 ? names : Object.keys(checks);
let failed = 0;

function finish(name, since, problems) {
  if (problems.length === 0) {
    console.log(`ok      ${name} (${seconds(since)})`);
  } else {
    failed++;
    console.log(`failed  ${name} (${seconds(since)})\n${problems.join('\n').replace(/^/gm, '        ')}`);
  }
}

const queue = selected.flatMap((name) => {
  const { needs, parts } = checks[name];
  if (needs && !has(needs)) {
    finish(name, performance.now(), [`not installed: apt-get install ${needs}`]);
    return [];
  }
  const state = { name, since: undefined, problems: [], open: 0 };
  return parts().map((part) => {
    state.open++;
    return { state, part };
  });
});

await inParallel(
  queue,
  async ({ state, part }) => {
    state.since ??= performance.now();
    const problem = await part();
    if (problem !== undefined) state.problems.push(problem);
    if (--state.open === 0) finish(state.name, state.since, state.problems);
  },
  2,
);
console.log(failed === 0 ? `lint: all ok (${seconds(start)})` : `lint: ${failed} failed (${seconds(start)})`);
process.exitCode = failed === 0 ? 0 : 1;
