import { expect } from './user-project.mjs';

const PACKED_BUDGET = 3 << 20;

/** Every file of the tarball matches one of these. */
const PUBLISHED = [
  /^(package\.json|README\.md|CHANGELOG\.md|CONTRIBUTING\.md|SECURITY\.md|LICENSE)$/,
  /^bin\/tapio\.js$/,
  /^dist\/.+\.(js|mjs|d\.ts|d\.mts)$/,
  /^dist\/core\.js\.map$/,
  /^dist\/collector\/page\/files\/[\w.-]+$/,
  /^docs\/.+\.(md|svg)$/,
  /^examples\/.+\.(mjs|ya?ml|md)$/,
  /^prebuilds\/(README\.md|(linux|darwin|win32)-(x64|arm64)\/@tapio\+performance(\.(glibc|musl))?\.node)$/,
  /^proto\/.+\.proto$/,
  /^source\/(binding\.gyp|native\/(core|kernel|addon)\/[\w.-]+)$/,
  /^bench\/README\.md$/,
];

/** Whatever else it has. */
const WANTED = [
  'package.json',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'source/binding.gyp',
  'bin/tapio.js',
  'dist/index.js',
  'dist/index.mjs',
  'dist/index.d.ts',
  'dist/core.js',
  'dist/core.js.map',
  'dist/collector/page/files/uplot-license.txt',
  'proto/tapio/v1/events.proto',
];

/** @param packed what scripts/pack.mjs tells */
export function checkTarball({ files, size }) {
  const strangers = files.filter((file) => !PUBLISHED.some((pattern) => pattern.test(file)));
  expect(strangers.length === 0, `these do not belong into the tarball: ${strangers.join(', ')}`);
  const missing = WANTED.filter((file) => !files.includes(file));
  expect(missing.length === 0, `the tarball lacks ${missing.join(', ')}`);
  expect(size <= PACKED_BUDGET, `${size} bytes packed, the budget is ${PACKED_BUDGET}`);
}
