/** What is added to the kernel's events; and that no text in one ends a run. */
import { EventBuffer, type EventView, type UnifiedEvent } from '@tapio/performance';
import { internal } from '../cli';

const { KernelAnnotator } = internal<typeof import('../../../dist/collector/processes/kernel-annotator')>(
  'processes/kernel-annotator',
);
const { ProcessTable } =
  internal<typeof import('../../../dist/collector/processes/process-table')>('processes/process-table');

const PID = 600_001;
let at = 1_700_000_000_000_000_000n;
const event = (type: string, args: Record<string, string>, pid = PID): UnifiedEvent => ({
  ...{ id: 'x', timestamp: (at += 1_000_000n), type, source: 'ebpf' },
  kernel: { pid, comm: 'it', args },
});

/** What each is told as. */
function told(annotator: InstanceType<typeof KernelAnnotator>, events: UnifiedEvent[]): UnifiedEvent[] {
  const buffer = new EventBuffer(64);
  buffer.putBatch(events);
  const found: UnifiedEvent[] = [];
  buffer.consume((view: EventView) => void found.push(annotator.tell(view).toEvent()));
  return found;
}

const known = (): InstanceType<typeof KernelAnnotator> =>
  new KernelAnnotator(new ProcessTable(undefined, '/nowhere'), () => true);

test.each(['abc', '1.5', '1e3', '-1', '', ' 7', '0x10', '9'.repeat(16), '9'.repeat(400)])(
  'a number that is %j is as if it was not told',
  (text) => {
    const [, end, fork] = told(known(), [
      event('process.exec', { argv: '["it"]', ppid: text }),
      event('process.exit', { lifetimeMs: text }),
      event('process.fork', { childPid: text }),
    ]);
    expect(end.message).toBe(`it (${PID}) ended`);
    expect(end.kernel?.args?.argv).toBe('["it"]');
    expect(end.kernel?.args?.ppid).toBeUndefined();
    expect(fork.message).toBe(`it (${PID}) forked ${text}`);
  },
);

test('whole numbers are told', () => {
  const [, , end] = told(known(), [
    event('process.exec', {}, 600_000),
    event('process.exec', { argv: '["it"]', ppid: '600000' }),
    event('process.exit', { lifetimeMs: '1' }),
  ]);
  expect(end).toMatchObject({
    message: `it (${PID}) ended after 1 ms`,
    kernel: { args: { argv: '["it"]', ppid: '600000', parentComm: 'it' } },
  });
});

test('without a table only the message is added', () => {
  const [, end] = told(new KernelAnnotator(undefined, () => true), [
    event('process.exec', { argv: '["it"]' }),
    event('process.exit', { lifetimeMs: '1' }),
  ]);
  expect(end.message).toBe(`it (${PID}) ended after 1 ms`);
  expect(end.kernel?.args).toEqual({ lifetimeMs: '1' });
});

test('what goes wrong in the table leaves the event as it is', () => {
  const broken = new ProcessTable(undefined, '/nowhere');
  jest.spyOn(broken, 'learn').mockImplementation(() => {
    throw new Error('broken');
  });
  const [exec] = told(new KernelAnnotator(broken, () => true), [event('process.exec', { argv: '["it"]' })]);
  expect(exec).toMatchObject({ type: 'process.exec', kernel: { pid: PID } });
  expect(exec.message).toBeUndefined();
});
