const { exports: entries } = require('./package.json');

// Tests are compiled by scripts/build-ts.mjs and run as plain JavaScript, so nothing is transformed here
// and worker fixtures are ordinary files next to their test.
const moduleNameMapper = Object.fromEntries(
  Object.entries(entries)
    .filter(([, entry]) => entry.require)
    .map(([subpath, entry]) => [
      `^@tapio/performance${subpath.slice(1)}$`,
      entry.require.default.replace('./', '<rootDir>/'),
    ]),
);

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/build/test'],
  testMatch: ['**/*.test.js'],
  transform: {},
  moduleNameMapper,
  // A hang is to be found; a machine that others keep busy may be ten times as slow as a quiet one.
  testTimeout: 120_000,
};
