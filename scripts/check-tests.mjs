/**
 * Where a file's test is. `lib/ROOM/FILE.ts` has `test/ROOM/FILE.test.ts`; in the rooms of the core a file that has none is part of
 * another's work, whose test the table names. Elsewhere the tests of the room are by subject, as their first lines say.
 */
import { sourceFiles } from './source-files.mjs';

const CORE = /^(?:[^/]+|(?:event|pools|buffers|flow)\/[^/]+)$/;

/** The test of what these files are part of. */
const parts = {
  'binary/loading': 'binding',
  'threads/per-cpu': 'cpus',
  'memory-limit': 'memory-cgroups',
  'collector/measure/name-tally': 'own-text',

  'event/encoder': 'event/event-texts event/field-writer event/latin1-text event/map-memo event/references',
  'event/decoder': 'event/field-reader event/event-cursor event/view-reader',
  'event/codec': 'event/event-header',
  'event/helpers': 'event/event-id',
  'event/field-kinds': 'event/unified-event',
  'event/invalid-event': 'event/json-text',
  'event/json': 'event/kept-digits event/rfc3339',
  'event/wire-writer': 'event/own-views event/event-projector',
  'formats/projection': 'event/known-json',
  'collector/processes/kernel-annotator': 'event/address-text event/whole-number',

  'pools/object-pool': 'pools/pool-arguments',
  'pools/byte-slice-pool': 'pools/size-class pools/slice pools/slice-block',
  'pools/unified-event-pool': 'event/pooled-event event/shape',

  'buffers/contract': 'buffers/event-endpoint buffers/queue-endpoint buffers/stats',
  'buffers/constructor-options': 'buffers/event-storage buffers/traits',
  'buffers/bad-input': 'validate errors buffers/check-method',
  'buffers/closing': 'buffers/attachment buffers/handle',
  'buffers/what-shows': 'index buffers/event-internals buffers/internals-of',
  'buffers/staging': 'buffers/native-buffer',
  'buffers/staged-events': 'buffers/native-text',
  'buffers/wait-queue': 'buffers/event-writer',
  'buffers/waits': 'buffers/block-until-record',
  'buffers/event-reader': 'buffers/event-queue buffers/nesting buffers/taken-events',
  'buffers/ring-buffer': 'buffers/visit',
  'buffers/per-cpu-buffer': 'buffers/aggregator buffers/per-cpu-metrics',
  'buffers/priority-buffer': 'buffers/priority buffers/priority-internals',

  'flow/fan-out': 'flow/endpoints flow/put-in-any flow/turns',
  'flow/pipeline': 'flow/bounded-queue flow/linked-abort flow/stage',
};

const namesOf = (pattern) => sourceFiles.flatMap((file) => pattern.exec(file)?.[1] ?? []);

/** @returns {string[]} one message for each file whose test is not to be found, and each line of the table that is not so */
export function checkTests() {
  const files = new Set(namesOf(/^lib\/(.+)\.ts$/).filter((file) => CORE.test(file)));
  const tests = new Set(namesOf(/^test\/(.+)\.test\.ts$/));
  const named = Object.values(parts).flatMap((list) => list.split(' '));
  return [
    ...[...files]
      .filter((file) => !tests.has(file) && !named.includes(file))
      .map(
        (file) =>
          `lib/${file}.ts: no test/${file}.test.ts, and scripts/check-tests.mjs does not name another`,
      ),
    ...named
      .filter((file, i) => !files.has(file) || tests.has(file) || named.indexOf(file) !== i)
      .map((file) => `scripts/check-tests.mjs: ${file} is no file, is named twice, or has a test of its own`),
    ...Object.keys(parts)
      .filter((test) => !tests.has(test))
      .map((test) => `scripts/check-tests.mjs: there is no test/${test}.test.ts`),
  ];
}
