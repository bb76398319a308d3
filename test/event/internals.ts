/** What the buffers stand on, which the package does not export. Loaded from the build, so it is the same code. */
import path from 'node:path';

const directory = path.join(__dirname, '../../../dist/event');
/* eslint-disable @typescript-eslint/no-require-imports -- a path outside build/ */
export const { Encoder } = require(
  path.join(directory, 'encoder'),
) as typeof import('../../dist/event/encoder');
export const { Decoder } = require(
  path.join(directory, 'decoder'),
) as typeof import('../../dist/event/decoder');
export const { EventCursor } = require(
  path.join(directory, 'event-cursor'),
) as typeof import('../../dist/event/event-cursor');
export const { EVENT_FIELDS } = require(
  path.join(directory, 'generated/fields'),
) as typeof import('../../dist/event/generated/fields');
/* eslint-enable @typescript-eslint/no-require-imports */
export type { FieldInfo } from '../../dist/event/generated/fields';

/** The code of the error that `run` throws; a run that does not throw fails the test. */
export function thrown(run: () => unknown): { code?: string; message: string } {
  try {
    run();
  } catch (error) {
    return error as { code?: string; message: string };
  }
  throw new Error('nothing was thrown');
}
