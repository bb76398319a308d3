/** What is refused for its memory, without a cgroup: test/collector/memory-plan.test.ts begins such runs in one. */
import type * as ExportsModule from '../../dist/collector/exports';
import type * as NeedModule from '../../dist/collector/memory-need';
import type * as SourcesModule from '../../dist/collector/sources';
import { internal } from './cli';

const { checkMemory, memoryNeed } = internal<typeof NeedModule>('memory-need');
const { parseExports } = internal<typeof ExportsModule>('exports/index');
const { SOURCES } = internal<typeof SourcesModule>('sources/index');

const MIB = 1 << 20;
/** Of a process that is alone. */
const alone = (limit: number): { limit: number; others: number } => ({ limit, others: 0 });
const values = { grpc: '0', metrics: '0', otlp: 'http://localhost/', nats: 'nats://localhost' };
const [, , otlp] = parseExports(values);
const grpc = parseExports(values)[0];
const source = SOURCES.get('synthetic')!;
const ebpf = SOURCES.get('ebpf')!;

/** A run of one thread and nothing else. */
const simple: NeedModule.RunParts = {
  sources: [source],
  outputs: [],
  hasSink: false,
  correlates: false,
  extraRingBytes: 0,
};

/** Whether it may begin in 64 MB. */
function fits(parts: Partial<NeedModule.RunParts>, node: string): boolean {
  try {
    checkMemory({ ...simple, ...parts }, alone(64 * MIB), node, true);
    return true;
  } catch (error) {
    expect(error).toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(
        new RegExp(
          ` may take \\d+ MB in Node ${node}, and this process has 64 before it is killed: .*--force$`,
        ),
      ),
    });
    return false;
  }
}

test.each([
  ['20.20.2', [true, true, true, true, true, true, true, true, true, false, false, false, false]],
  ['22.1.0', [true, true, true, true, true, true, false, false, false, false, false, false, false]],
  ['24.0.0', [true, true, true, true, true, false, false, false, false, false, false, false, false]],
  ['26.3.0', [true, true, true, true, true, false, false, false, false, false, false, false, false]],
])('what fits into 64 MB, Node %s', (node, expected) => {
  const runs: Partial<NeedModule.RunParts>[] = [
    {},
    { sources: [source, source] },
    { correlates: true },
    { hasSink: true },
    { hasSink: true, correlates: true },
    { outputs: [otlp] },
    { hasSink: true, sources: [source, source] },
    { outputs: [grpc] },
    { sources: [source, source, source] },
    { hasSink: true, outputs: [otlp] },
    { sources: [source, source, source, source] },
    { sources: [ebpf], outputs: [grpc] },
    { outputs: [otlp], correlates: true },
  ];
  expect(runs.map((run) => fits(run, node))).toEqual(expected);
});

test('the least limit that is told is the least that is taken', () => {
  const parts = { ...simple, sources: [source, ebpf], outputs: [otlp], hasSink: true, correlates: true };
  const need = memoryNeed(parts, '20.0.0', true);
  expect(() => checkMemory(parts, alone(need), '20.0.0', true)).not.toThrow();
  expect(() => checkMemory(parts, alone(need - 1), '20.0.0', true)).toThrow(
    `2 source threads, --sink, --otlp, --correlate may take ${Math.ceil(need / MIB)} MB`,
  );
});

test('what others hold is not there for it, and is told', () => {
  const parts = { ...simple, outputs: [grpc] };
  const need = memoryNeed(parts, '20.0.0', true);
  const others = 23.5 * MIB;
  expect(() => checkMemory(parts, { limit: need + others, others }, '20.0.0', true)).not.toThrow();
  expect(() => checkMemory(parts, { limit: 64 * MIB, others }, '20.0.0', true)).toThrow(
    'and this process has 40 before it is killed, as other processes and files in a tmpfs hold 24 of 64 MB:',
  );
  expect(() => checkMemory(parts, { limit: 64 * MIB, others: 80 * MIB })).toThrow('has 0 before');
  // Of a larger limit, too.
  expect(() => checkMemory(parts, { limit: 512 * MIB, others: 480 * MIB })).toThrow('hold 480 of 512 MB');
});

test('a larger ring counts by its bytes, in all versions of Node', () => {
  for (const node of ['20.0.0', '26.0.0']) {
    const more =
      memoryNeed({ ...simple, extraRingBytes: 31 * MIB }, node, true) - memoryNeed(simple, node, true);
    expect(Math.abs(more - 32 * MIB)).toBeLessThanOrEqual(1);
  }
  expect(() => checkMemory({ ...simple, extraRingBytes: 64 * MIB }, alone(64 * MIB))).toThrow(
    'one source thread, --buffer-size may take',
  );
});

test('a run that was not started by the command needs a quarter more', () => {
  const told = memoryNeed(simple, '20.0.0', true);
  const untold = memoryNeed(simple, '20.0.0', false);
  expect(Math.abs(untold - 1.25 * told)).toBeLessThanOrEqual(1);
  // As this process.
  expect(memoryNeed(simple, '20.0.0')).toBe(untold);
});

test('where memory is no matter nothing is asked', () => {
  const parts = { ...simple, sources: Array.from({ length: 64 }, () => source) };
  expect(() => checkMemory(parts, undefined)).not.toThrow();
  expect(() => checkMemory(parts, { limit: 512 * MIB, others: 256 * MIB })).not.toThrow();
  expect(() => checkMemory(parts, alone(256 * MIB))).not.toThrow();
  expect(() => checkMemory(parts, alone(256 * MIB - 1))).toThrow('64 source threads');
});

test('each source and each export says what it takes', () => {
  const all = [...SOURCES.values(), ...parseExports(values)];
  expect(all.length).toBeGreaterThan(8);
  for (const { memory } of all) expect(memory).toBeGreaterThan(0);
});

test('the file of each source has its name', () => {
  for (const [name, source] of SOURCES) expect(internal(`sources/${name}`)).toHaveProperty('source', source);
});
