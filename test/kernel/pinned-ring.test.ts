/** Ring buffers that a program of somebody else pinned: what is at the path, and what becomes of a source when another one is put there. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { RingBuffer } from '@tapio/performance';
import { BpfRingBufferSource, type BpfRingBufferSourceOptions } from '@tapio/performance/kernel';
import { thrownBy } from '../support/errors';
import { PinnedRings } from '../support/ring-owner';
import { turn } from '../support/waits';

const rings = new PinnedRings();
const pin = path.join(rings.pins, 'monotonic');
const sources: BpfRingBufferSource[] = [];
const targets: RingBuffer[] = [];
afterEach(() => {
  for (const source of sources.splice(0)) source.stop();
  for (const target of targets.splice(0)) target.close();
});
afterAll(() => rings.release());

function read(options: Partial<BpfRingBufferSourceOptions> = {}): BpfRingBufferSource {
  const target = new RingBuffer(1024, { slotSize: 8 });
  const source = new BpfRingBufferSource({ path: pin, target, ...options });
  targets.push(target);
  sources.push(source);
  return source.start();
}

async function until(condition: () => boolean): Promise<void> {
  const limit = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > limit) throw new Error(`it never was so: ${String(condition)}`);
    await turn();
  }
}

describe('an owner that restarts', () => {
  rings.test('ends the source in the state replaced, with all that the old ring buffer had', async () => {
    const first = await rings.own();
    const source = read();
    await first.write(10);
    await first.end();
    const second = await rings.own();
    await second.write(5);
    await until(() => source.getStats().state !== 'running');
    expect(source.getStats()).toMatchObject({ state: 'replaced', captured: 10, followed: 0 });
    source.stop();
    expect(source.getStats().state).toBe('replaced');
    // Asked to go on, it reads the new one, from its beginning.
    source.start();
    await until(() => source.getStats().delivered === 15);
    expect(source.getStats()).toMatchObject({ state: 'running', captured: 15, dropped: 0 });
  });

  rings.test('is followed on request, as often as it happens', async () => {
    let owner = await rings.own();
    const source = read({ follow: true });
    for (let restarts = 0; restarts < 3; restarts++) {
      await owner.write(10);
      await owner.end();
      owner = await rings.own();
      await owner.write(10);
      await until(() => source.getStats().delivered === 20 * (restarts + 1));
      expect(source.getStats()).toMatchObject({ state: 'running', followed: restarts + 1, dropped: 0 });
    }
    source.stop();
    expect(source.getStats()).toMatchObject({ state: 'stopped', followed: 3, captured: 60 });
  });

  rings.test('is followed only to a ring buffer', async () => {
    const owner = await rings.own();
    const source = read({ follow: true });
    await owner.write(10);
    fs.renameSync(path.join(rings.pins, 'perf'), pin);
    await until(() => source.getStats().state !== 'running');
    expect(source.getStats()).toMatchObject({ state: 'replaced', captured: 10, followed: 0 });
  });
});

rings.test('a ring buffer whose pin is gone, or moved and put back, is read on', async () => {
  const owner = await rings.own();
  const source = read();
  // It looks at the ring buffer every 20 ms, and at the path every 200 ms.
  const look = async (): Promise<void> => {
    const { wakes } = source.getStats();
    await until(() => source.getStats().wakes >= wakes + 25);
  };
  fs.renameSync(pin, `${pin}_away`);
  await look();
  await owner.write(10);
  await until(() => source.getStats().captured === 10);
  fs.renameSync(`${pin}_away`, pin);
  await look();
  await owner.write(10);
  await until(() => source.getStats().captured === 20);
  expect(source.getStats().state).toBe('running');
});

describe('what is no ring buffer is told for what it is', () => {
  const refusalOf = (place: string): unknown => thrownBy(() => read({ path: place }));

  rings.test('a map of another type', async () => {
    await rings.own();
    expect(refusalOf(path.join(rings.pins, 'perf'))).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.stringMatching(/bpf\/perf.*type perf_event_array.*bpf_ringbuf_output/),
    });
  });

  rings.test('a program', async () => {
    await rings.own();
    expect(refusalOf(path.join(rings.pins, 'program'))).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.stringMatching(/bpf\/program.*no BPF ring buffer, nor another BPF map/),
    });
  });

  rings.test('a file or a directory that was never pinned', () => {
    const file = path.join(rings.directory, 'events');
    fs.writeFileSync(file, '');
    expect(refusalOf(file)).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.stringMatching(/events.*not on a bpf file system/),
    });
    expect(refusalOf(rings.pins)).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.stringMatching(/bpf".*is a directory/),
    });
  });

  rings.test('a pin that this user may not open', async () => {
    await rings.own();
    fs.chmodSync(pin, 0o600);
    const script = `
      const { RingBuffer } = require(${JSON.stringify(require.resolve('@tapio/performance'))});
      const { BpfRingBufferSource } = require(${JSON.stringify(require.resolve('@tapio/performance/kernel'))});
      try { new BpfRingBufferSource({ path: process.argv[1], target: new RingBuffer(16) }).start(); }
      catch ({ code, message }) { console.log(JSON.stringify({ code, message })); }`;
    const stdout = execFileSync(
      'setpriv',
      [
        ...['--reuid', '4242', '--clear-groups', '--bounding-set', '-all', '--inh-caps', '-all'],
        ...[process.execPath, '-e', script, pin],
      ],
      { encoding: 'utf8' },
    );
    expect(JSON.parse(stdout)).toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringMatching(/bpf\/monotonic": E\w+ \(errno \d+\); missing CAP_BPF/),
    });
  });
});

test('there is nothing to follow without a path', () => {
  for (const options of [
    { fd: 3, follow: true },
    { path: '/x', follow: 1 as never },
  ])
    expect(thrownBy(() => new BpfRingBufferSource({ target: new RingBuffer(16), ...options }))).toMatchObject(
      { code: 'ERR_INVALID_ARGUMENT', message: expect.stringContaining('follow') },
    );
});
