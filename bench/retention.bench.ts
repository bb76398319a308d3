/**
 * What a small piece of a taken event keeps alive: `npm run bench:retention [-- FOLDER...]`, where a folder holds another build of this package
 * (`build/other/COMMIT`, once `bench:peers -- --against COMMIT` has made it).
 *
 * Each case takes COUNT events of its own process, keeps one value of each, and tells the bytes of heap and of array buffers that are left behind a
 * collection, less those of an equal run that keeps nothing.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, machine } from './measure/machine';

const COUNT = 4000;
const here = path.join(__dirname, '../..');

/** A field, of which event, and the bytes of what is kept itself. */
const cases: readonly { name: string; event: string; keep: string }[] = [
  { name: 'id, beside a message of 10,000', event: "{ message: 'm'.repeat(10000) }", keep: 'event.id' },
  { name: 'id, beside a message of 100', event: "{ message: 'm'.repeat(100) }", keep: 'event.id' },
  {
    name: 'name of the entity, beside 10,000',
    event: "{ entity: { type: 'pod', name: 'checkout-' + i }, message: 'm'.repeat(10000) }",
    keep: 'event.entity.name',
  },
  {
    name: 'message of 10,000 itself',
    event: "{ message: String(i).padEnd(10000, 'm') }",
    keep: 'event.message',
  },
  { name: '64 bytes of rawData', event: '{ rawData: new Uint8Array(64) }', keep: 'event.rawData' },
  { name: '200 bytes of rawData', event: '{ rawData: new Uint8Array(200) }', keep: 'event.rawData' },
  {
    name: 'one in 40 of 200 bytes of rawData',
    event: '{ rawData: new Uint8Array(200) }',
    keep: 'i % 40 ? 0 : event.rawData',
  },
  { name: '4,096 bytes of rawData', event: '{ rawData: new Uint8Array(4096) }', keep: 'event.rawData' },
];

function script(folder: string, event: string, keep: string): string {
  return `
    const { EventBuffer } = require(${JSON.stringify(path.join(folder, 'dist/index.js'))});
    const buffer = new EventBuffer(64, { maxEventSize: 65536 });
    const used = () => {
      for (let i = 0; i < 4; i++) gc();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const run = (keep) => {
      const kept = new Array(${COUNT}).fill(undefined);
      for (let i = 0; i < ${COUNT}; i++) {
        const id = (i + 0x10000000).toString(16).padStart(32, '7');
        buffer.put({ id, timestamp: 1n, type: 't', source: 's', ...${event} });
        const event = buffer.get();
        kept[i] = keep(event, i);
      }
      return kept;
    };
    run(() => 0);
    const before = used();
    const kept = run((event, i) => ${keep});
    const count = kept.filter((value) => value !== 0).length;
    console.log((used() - before - 8 * ${COUNT}) / count, kept.length);`;
}

const folders = [here, ...process.argv.slice(2).map((folder) => path.resolve(folder))];
const names = folders.map((folder) => (folder === here ? 'now' : path.basename(folder)));
console.log(`${describe(machine())}; bytes kept for each of ${COUNT} values`);
console.log(['kept'.padEnd(36), ...names.map((name) => name.padStart(14))].join(''));
for (const { name, event, keep } of cases) {
  const figures = folders.map((folder) => {
    const run = spawnSync(process.execPath, ['--expose-gc', '-e', script(folder, event, keep)], {
      encoding: 'utf8',
    });
    if (run.status !== 0) throw new Error(`${name}: exit code ${run.status}\n${run.stderr}`);
    return Number(run.stdout.split(' ')[0]);
  });
  console.log(
    [name.padEnd(36), ...figures.map((bytes) => Math.round(bytes).toLocaleString('en').padStart(14))].join(
      '',
    ),
  );
}
