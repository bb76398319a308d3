import type * as OptionsModule from '../../../dist/collector/options/collect-options';
import { endAll, internal, tapio } from '../cli';

const { parseCollectOptions } = internal<typeof OptionsModule>('options/collect-options');

afterEach(endAll);

test('--version is the version of the package', async () => {
  const { code, stdout } = await tapio(['--version']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
});

test.each([
  [['--help'], 'Commands:'],
  [['collect', '--source', 'nonsense', '-h'], 'Examples:'],
])('%j shows the usage on stdout', async (args, text) => {
  const { code, stdout, stderr } = await tapio(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(text);
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test.each([
  [[], 'Usage: tapio <command>'],
  [['constructor'], 'no command "constructor"'],
  [['collect', '--colour'], "Unknown option '--colour'"],
  [
    ['collect', '--source', 'dtrace'],
    'no such source; known are auto, ebpf, file:PATH, proc, stdin, synthetic',
  ],
  [['collect', '--buffer-size', '1'], '--buffer-size "1": must be a whole number from 512 to 1073741824'],
])('%j is wrong usage: exit 2, and nothing on stdout', async (args, message) => {
  const { code, stdout, stderr } = await tapio(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
  expect(stderr).toMatch(/Usage:|^[^\n]+\nsee tapio (collect )?--help\n$/);
});

test.each([
  [['proc'], "Unexpected argument 'proc'"],
  [['--rate'], "'--rate <value>' argument missing"],
  [['--json=yes'], "'--json' does not take an argument"],
  [['--source', 'toString'], '--source "toString"'],
  [['--sink', 'kafka'], '--sink "kafka": must be none, stdout or file:PATH'],
  [['--sink', 'file:'], '--sink "file:"'],
  [['--rate', '0'], '--rate "0": must be a number from 1 to 1000000000'],
  [['--rate', '-5'], '--rate "-5": must be a number from 1 to'],
  [['--rate', '--json'], '--rate needs a value'],
  [['--rate', '5'], '--rate "5": needs --source synthetic'],
  [['--proc-interval', '50', '--source', 'stdin'], 'needs --source proc'],
  [['--source', 'proc', '--source', 'proc'], '--source "proc": given twice'],
  [['--sink', 'none', '--sink', 'stdout'], '--sink: given twice'],
  [['--rate=-5'], '--rate "-5"'],
  [['--rate', '0x10'], '--rate "0x10"'],
  [['--rate', ''], '--rate ""'],
  [['--rate', 'NaN'], '--rate "NaN"'],
  [['--rate', 'Infinity'], '--rate "Infinity"'],
  [['--workers', '1.5'], '--workers "1.5": must be a whole number from 1 to 64'],
  [['--workers', '65'], '--workers "65"'],
  [['--duration', '10 s'], '--duration "10 s"'],
  [['--source', 'file:'], '--source "file:": must be file:PATH'],
  [['--source', 'file'], '--source "file": must be file:PATH'],
  [['--source', 'file:a', '--source', 'file:a'], '--source "file:a": given twice'],
  [['--source', 'file:a', '--from', 'middle'], '--from "middle": must be start or end'],
  [['--pid', '7', '--source', 'proc'], 'needs --source ebpf'],
  [['--pid', '0', '--source', 'ebpf'], '--pid "0"'],
  [['--syscall', 'nope', '--source', 'ebpf'], '--syscall "nope": there is no such system call'],
  [['--comm', 'sixteen-letters-', '--source', 'ebpf'], '--comm "sixteen-letters-"'],
  [['--sample', '2', '--source', 'ebpf'], '--sample "2": must be a number above 0 up to 1'],
  [['--sample', '0', '--source', 'ebpf'], '--sample "0": must be a number above 0 up to 1'],
  [['--sample', '.', '--source', 'ebpf'], '--sample "."'],
  [['--sample', '1e', '--source', 'ebpf'], '--sample "1e"'],
  [['--events', 'exec', '--path', '/etc'], '--path "/etc": needs open among --events'],
  [['--syscall', 'read', '--path', '/etc'], '--path "/etc": needs open among --events'],
  [['--events', 'exec,open', '--port', '80'], '--port "80": needs connect or accept among --events'],
  [['--container', 'nope', '--source', 'ebpf'], '--container "nope": must be a container'],
  [['--path', '', '--source', 'ebpf'], '--path "": must be a text of 1 to 255 bytes'],
  [['--port', '65536', '--source', 'ebpf'], '--port "65536": must be a whole number from 0 to 65535'],
  [['--events', 'exec,', '--source', 'ebpf'], '--events "exec,": "" is no event; known are syscall, '],
  [['--events', 'exec', '--sample', '0.5'], '--sample "0.5": needs syscall or syscall-enter among --events'],
  [['--from', 'end'], '--from "end": needs --source file:PATH'],
  [['--positions', 'p'], '--positions "p": needs --source file:PATH'],
  [['--source', 'file:a', '--positions', ''], '--positions "": must be a path'],
  [['--format', 'pino'], 'needs --source stdin or --source file:PATH'],
  [['--sink-format', 'xml'], '--sink-format "xml": must be one of tapio, otlp, cloudevents'],
  [['--sink-format', 'otlp'], '--sink-format "otlp": needs --sink stdout or file:PATH'],
  [['--otlp', 'localhost:4318'], '--otlp "localhost:4318": url must be a URL of http or https'],
  [['--nats', 'http://me:secret@a'], '--nats "http://...@a": must be nats://HOST:PORT'],
  [['--nats', 'a,'], '--nats "": must be'],
  [['--nats', 'a', '--nats-subject', 'a.*'], '--nats-subject "a.*": must be words between dots'],
  [['--nats-subject', 'a'], '--nats-subject "a": needs --nats'],
  [['--otlp', 'http://a', '--otlp', 'http://b'], '--otlp: given twice'],
  [['--duration', '0'], '--duration "0"'],
  [['--proc-interval', '1'], '--proc-interval "1"'],
])('%j is refused with the option and the value', (args, message) => {
  expect(() => parseCollectOptions(args)).toThrow(
    expect.objectContaining({ name: 'UsageError', message: expect.stringContaining(message) }),
  );
});

test('options and their defaults', () => {
  expect(parseCollectOptions([])).toEqual({
    sources: ['auto'],
    rate: 10_000,
    durationMs: undefined,
    sink: { kind: 'none' },
    sinkFormat: 'tapio',
    exports: [],
    workers: 1,
    json: false,
    force: false,
    correlate: false,
    format: 'auto',
    bufferSize: 4_194_304,
    procIntervalMs: 500,
    files: [],
    from: 'start',
    kernel: { events: ['exec', 'exit', 'fork', 'open', 'connect', 'accept'], filters: {} },
    positions: undefined,
  });
  const filters = '--source ebpf --pid 1 --pid 2 --syscall read --comm sh --sample 0.5';
  expect(parseCollectOptions(filters.split(' ')).kernel).toEqual({
    events: ['syscall', 'exec', 'exit', 'fork'],
    filters: { pids: [1, 2], syscalls: ['read'], comms: ['sh'], sampleRate: 0.5 },
  });
  for (const [text, share] of [
    ['1e-5', 1e-5],
    ['.5', 0.5],
    ['1.', 1],
    ['2.5E-1', 0.25],
  ] as const)
    expect(parseCollectOptions(['--sample', text]).kernel.filters.sampleRate).toBe(share);
  const chosen = '--container 0123456789ab --path /etc/ --path /var --port 5432';
  expect(parseCollectOptions(chosen.split(' ')).kernel.filters).toEqual({
    containers: ['0123456789ab'],
    paths: ['/etc/', '/var'],
    ports: [5432],
  });
  expect(parseCollectOptions(['--events', 'exit,exec,exit']).kernel.events).toEqual(['exit', 'exec']);
  const args =
    '--source stdin --source=synthetic --rate 1e5 --duration 0.5 --sink file:a:b --workers 4 --json';
  expect(parseCollectOptions(args.split(' '))).toMatchObject({
    sources: ['stdin', 'synthetic'],
    rate: 100_000,
    durationMs: 500,
    sink: { kind: 'file', path: 'a:b' },
    workers: 4,
    json: true,
  });
});

test('a SEED that is no number is refused', async () => {
  const { code, stderr } = await tapio(['collect', '--source', 'synthetic'], '', { SEED: 'abc' });
  expect(stderr).toContain('SEED "abc": must be a whole number');
  expect(code).toBe(2);
});
