/** What stands behind an event buffer: for tests of what the package itself does with one. */
import path from 'node:path';

// eslint-disable-next-line @typescript-eslint/no-require-imports -- a path outside build/
export const { internalsOf } = require(
  path.resolve('dist/buffers/internals-of'),
) as typeof import('../../dist/buffers/internals-of');
