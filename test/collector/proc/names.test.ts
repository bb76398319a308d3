/** Names that are no UTF-8, cut by the kernel or made up: both sources of real events spell them as TextDecoder does. */
import { PerCPUEventBuffer } from '@tapio/performance';
import { KernelTracer } from '@tapio/performance/kernel';
import fc from 'fast-check';
import type * as ProcessesModule from '../../../dist/collector/proc/process-watcher';
import type * as FilesModule from '../../../dist/collector/proc/read-file';
import { kernelTest } from '../../support/kernel';
import { seed } from '../../support/property';
import { internal } from '../cli';
import { endAllRuns, Helper, testWith } from './proc-run';

const { ProcessWatcher } = internal<typeof ProcessesModule>('proc/process-watcher');
const { FileReader } = internal<typeof FilesModule>('proc/read-file');

afterEach(endAllRuns);

/** The kernel keeps so many bytes of a name. */
const KEPT = 15;

const made = fc.sample(
  fc.array(
    fc.oneof(
      fc.integer({ min: 0x20, max: 0xff }),
      fc.constantFrom(0xe0, 0xed, 0xf0, 0xf4, 0x80, 0x9f, 0xa0, 0xbf),
    ),
    {
      minLength: 1,
      maxLength: KEPT,
    },
  ),
  { seed, numRuns: 200 },
);
const names = [
  ...['été', 'x日本語日本語', 'xx日本語日本語', 'emoji 😀😀😀', 'x😀😀😀😀', 'xx😀😀😀😀', 'xxx😀😀😀😀'].map(
    (text) => Buffer.from(text),
  ),
  ...made.map((bytes) => Buffer.from(bytes)),
];
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const spelt = names.map((name) => decoder.decode(name.subarray(0, KEPT)));

/** Takes the name that each line has in hexadecimal digits. */
const RENAMES = `require('node:readline').createInterface(process.stdin).on('line', (line) => {
  require('node:fs').writeFileSync('/proc/self/comm', Buffer.from(line, 'hex'));
  console.log('done');
});
console.log('up');`;

async function renaming(): Promise<Helper> {
  const helper = new Helper([process.execPath, '-e', RENAMES]);
  await helper.line();
  return helper;
}

testWith([], `a name in /proc is spelt as TextDecoder does, seed ${seed}`, async () => {
  const measures = { pageSize: 4096, ticksPerSecond: 100, bootTime: () => 0, now: () => performance.now() };
  const watcher = new ProcessWatcher('/proc', new FileReader(), measures);
  const helper = await renaming();
  const seen: string[] = [];
  for (const name of names) {
    await helper.ask(name.toString('hex'));
    watcher.sample();
    seen.push(watcher.get(helper.pid)!.comm);
  }
  expect(seen).toEqual(spelt);
});

kernelTest(`a name in the kernel's own events is spelt as TextDecoder does, seed ${seed}`, async () => {
  const target = new PerCPUEventBuffer({ slotSize: 256, bufferSizePerCPU: 2 ** 20, overflowSize: 2 ** 20 });
  const helper = await renaming();
  const tracer = new KernelTracer({
    target,
    events: ['syscall'],
    filters: { pids: [helper.pid], syscalls: ['write'] },
  });
  tracer.start();
  for (const name of names) await helper.ask(name.toString('hex'));
  tracer.stop();
  // Of one thread, which wrote each name and then said so: two events of each, the first still under the name before.
  const events = target.get(undefined, { order: 'timestamp' });
  const seen = events
    .map(({ kernel }) => kernel!.comm!)
    .filter((comm, index, all) => comm !== all[index - 1]);
  target.close();
  const expected = spelt.filter((name, index) => name !== spelt[index - 1]);
  expect(seen.slice(-expected.length)).toEqual(expected);
});
