/** The options of `tapio collect`: parsing, checking and the usage text. */
import { parseArgs } from 'node:util';
import { FORMAT_NAMES, type FormatName } from '../formats';
import type { KernelFilters } from '../kernel';
import { isSyscallName } from '../kernel/syscalls';
import { AUTO } from './auto-source';
import { UsageError } from './command';
import { EXPORT_OPTIONS, EXPORT_USAGE, parseExports } from './exports';
import type { AskedExport } from './exports/export';
import { EXPORT_CAPACITY } from './exports/thread-export';
import { parseSinkTarget, SINK_FORMATS, type SinkFormat, type SinkTarget } from './sinks';
import { SOURCES } from './sources';
import { count } from './text-format';

export interface CollectOptions {
  /** Names of SOURCES, or `auto`, each once, in the order given. */
  readonly sources: readonly string[];
  /** Events a second of the synthetic source, all its workers together. */
  readonly rate: number;
  /** undefined: until Ctrl-C, or until every source has ended. */
  readonly durationMs?: number;
  readonly sink: SinkTarget;
  /** Of the lines that the sink writes. */
  readonly sinkFormat: SinkFormat;
  /** Outputs beside the sink. */
  readonly exports: readonly AskedExport[];
  /** Threads of the synthetic source. */
  readonly workers: number;
  readonly json: boolean;
  /** Whether events are correlated. */
  readonly correlate: boolean;
  /** Bytes of each CPU's ring, committed as they are used; the shared overflow ring has OVERFLOW_FACTOR times as many. */
  readonly bufferSize: number;
  /** Makes the synthetic events repeatable; undefined: others in each run. */
  readonly seed?: number;
  /** Of the lines of the stdin and file sources. */
  readonly format: FormatName | typeof AUTO;
  /** Time between two samples of the proc source. */
  readonly procIntervalMs: number;
  /** Paths and patterns of the file source. */
  readonly files: readonly string[];
  /** Where the file source begins in files that it does not know. */
  readonly from: 'start' | 'end';
  /** What the ebpf source leaves out in the kernel. */
  readonly kernelFilters: KernelFilters;
  /** Where the file source keeps how far it has read. */
  readonly positions?: string;
}

/** Seconds that a run which was stopped waits for its reader, in all. */
export const STOP_LIMIT_S = 5;

/** The shared overflow ring is this many times one CPU's ring, as in the defaults of PerCPUEventBuffer. */
export const OVERFLOW_FACTOR = 16;

const FILE_PREFIX = 'file:';

/** Options that only some sources have: which. */
const OPTIONS_OF_A_SOURCE = {
  rate: ['synthetic'],
  workers: ['synthetic'],
  'proc-interval': ['proc', AUTO],
  pid: ['ebpf', AUTO],
  syscall: ['ebpf', AUTO],
  comm: ['ebpf', AUTO],
  sample: ['ebpf', AUTO],
  format: ['stdin', 'file'],
  from: ['file'],
  positions: ['file'],
} as const;

/** Options that may be given more than once. */
const REPEATED: ReadonlySet<string> = new Set(['source', 'pid', 'syscall', 'comm']);

const DEFAULTS = {
  source: AUTO,
  rate: 10_000,
  sink: 'none',
  workers: 1,
  format: AUTO,
  // Of one thread's 165,000 events a second, a ring holds what comes in 50 ms, the overflow ring 800 ms.
  bufferSize: 4_194_304,
  procInterval: 500,
  from: 'start',
};

export const COLLECT_USAGE = `Usage: tapio collect [options]

Collects events from sources, each in a worker thread of its own, through one
ring for each CPU into a sink.

Options:
  --source NAME     where events come from (default ${DEFAULTS.source}); may be repeated
                    auto      ebpf where it is permitted, else proc; says which
${[...SOURCES].map(([name, source]) => `                    ${(name === 'file' ? 'file:PATH' : name).padEnd(10)}${source.summary}`).join('\n')}
                    PATH may be a pattern such as '/var/log/*.json', quoted;
                    all files together are one source, which goes on through
                    renaming, copying and cutting, removal and creation
  --from WHERE      start or end of files that are there at the start and whose
                    position is not known (default ${DEFAULTS.from}); later ones are read
                    from their start
  --positions FILE  keeps how far files have been read, for the next run, at
                    least once: lines whose events had not reached the sink
                    when a run ended or was killed come again
  --rate N          events a second of the synthetic source (default ${DEFAULTS.rate})
  --workers N       threads of the synthetic source, sharing --rate (default ${DEFAULTS.workers})
  --format NAME     what the lines of stdin or files are (default ${DEFAULTS.format})
                    auto      each line is of the format that it looks like:
${formatLines()}
  --pid N, --syscall NAME, --comm NAME
                    of the ebpf source: these processes, system calls and
                    thread names only; each may be repeated
  --sample SHARE    of the ebpf source: the share of system calls that is kept,
                    by chance, above 0 up to 1 (default 1)
  --duration S      seconds to run at most, fractions allowed
                    (default: until Ctrl-C, or until standard input ends;
                    files are followed on and on)
  --sink SINK       where events go (default ${DEFAULTS.sink})
                      none      are counted and measured only
                      stdout    lines of JSON, one event each
                      file:PATH the same into a file, which is overwritten
  --sink-format F   whose lines those are: tapio (default), otlp (a log record
                    each) or cloudevents
  --append          keeps what is in the file, and writes behind it
${EXPORT_USAGE}  --correlate       finds bursts of events and chains of causes (a program
                    starts, connects, something fails) of each entity or
                    process, and sends an event of each to the sink, too
  --json            the summary is one line of JSON, the last of stdout
  -h, --help        this text

Advanced:
  --buffer-size B   bytes of each CPU's ring (default ${DEFAULTS.bufferSize}); the overflow
                    ring that all CPUs share has ${OVERFLOW_FACTOR} times as many
  --proc-interval MS
                    time between two samples of the proc source (default ${DEFAULTS.procInterval})
  SEED=N            (environment) repeats the synthetic events of a run,
                    but for their ids

Examples:
  tapio collect
      what happens on this host, until Ctrl-C
  tapio collect --sink stdout | grep tcp.open
      the same as lines of JSON
  tapio collect --source proc --source synthetic --rate 165000 --duration 10
      real events beside a heavy load: how much of a core does that take?
  tapio collect --source stdin --sink file:copy.ndjson < events.ndjson
      from one file into another, checking every line; the lines may change
      their order, as an event waits in the ring of the CPU that put it
  tapio collect --source 'file:/var/log/app/*.log' --positions app.pos
      what an application logs, in all of its files, going on where the
      run before ended
  tetra getevents -o json | tapio collect --source stdin --sink stdout
      what another tool has seen, as events; it is told whose lines they are
  tapio collect --source stdin --correlate --sink stdout < events.ndjson |
      grep correlation
      what belongs together in recorded events

Without a terminal, a line each second tells how it goes; the same figures make
the table on a terminal:
  0:01                 time since the start
  164,671/s            events delivered, by the second
  dropped 0            events lost since the start: the buffer had no room, or
                       the sink did not deliver
  peak fill 27%/0%     the fullest CPU's ring / the overflow ring, each at
                       its peak since the line before; a full ring alone
                       loses nothing: the overflow ring takes the rest
  cpu 17%              of one core, by the thread that takes the events
  p50 320us p99 5.7ms  from put to delivery: half of the events took less than
                       the first, 99 % less than the second; - without events
                       that tell their time

A line below it for each export (--otlp, --nats) tells what the other side has
taken, what waits, what was dropped, and why. An export that is slow or away
stalls nothing: the oldest of the events that wait for it give way (about
${count(EXPORT_CAPACITY)} may wait), and at the end it has ${STOP_LIMIT_S} seconds for the rest. Its figures
are its own; dropped above is of the sink.

Ctrl-C, SIGTERM and the end of --duration stop the sources, deliver what waits
and print the summary; a reader that takes nothing is waited for ${STOP_LIMIT_S} seconds in
all, and the rest counts as dropped. A second Ctrl-C ends at once. SIGHUP opens
the file of --sink anew, by its name, for whoever rotates it; without a file it
stops the run. A signal that was ignored at the start stays ignored (nohup).

Progress goes to stderr if stdout carries events or JSON. With NO_COLOR set, or
TERM unset or dumb, a terminal gets plain lines, too.

delivered counts the lines that the system took whole, also of a disk that gets
full; a line that was begun is cut out of the file again, or told.

Exit codes: 0 all went well and produced = delivered + dropped, exactly; 1 those
figures disagree, or a source, the sink, stdout or (for good) an export failed;
2 wrong usage; 130 the second Ctrl-C.
`;

/** The names of all formats, in lines of the usage text. */
function formatLines(): string {
  const lines: string[] = [];
  for (const name of FORMAT_NAMES) {
    const last = lines.at(-1);
    if (last === undefined || last.length + name.length > 48) lines.push(name);
    else lines[lines.length - 1] = `${last}, ${name}`;
  }
  return lines
    .map((line, index) => `${' '.repeat(30)}${line}${index < lines.length - 1 ? ',' : ''}`)
    .join('\n');
}

/** Throws UsageError for anything that cannot be run as written. */
export function parseCollectOptions(args: string[]): CollectOptions {
  const values = parse(args);
  const { sources, files } = parseSources(values.source ?? [DEFAULTS.source]);
  const seconds =
    values.duration === undefined ? undefined : numberOption('duration', values.duration, 0.001, 1e6, false);
  const options: CollectOptions = {
    sources,
    rate: numberOption('rate', values.rate, 1, 1e9, false) ?? DEFAULTS.rate,
    durationMs: seconds === undefined ? undefined : seconds * 1000,
    sink: parseSinkTarget(values.sink ?? DEFAULTS.sink, values.append ?? false),
    sinkFormat: parseSinkFormat(values['sink-format'] ?? 'tapio', values.sink),
    exports: parseExports(values as Record<string, string | undefined>),
    workers: numberOption('workers', values.workers, 1, 64, true) ?? DEFAULTS.workers,
    json: values.json ?? false,
    correlate: values.correlate ?? false,
    bufferSize: numberOption('buffer-size', values['buffer-size'], 512, 2 ** 30, true) ?? DEFAULTS.bufferSize,
    seed: sources.includes('synthetic') ? seedOf(process.env.SEED) : undefined,
    format: formatOf(values.format ?? DEFAULTS.format),
    procIntervalMs:
      numberOption('proc-interval', values['proc-interval'], 10, 3_600_000, true) ?? DEFAULTS.procInterval,
    files,
    from: parseFrom(values.from ?? DEFAULTS.from),
    kernelFilters: parseKernelFilters(values),
    positions: values.positions === undefined ? undefined : nonEmpty('positions', values.positions),
  };
  for (const [option, takers] of entriesOf(OPTIONS_OF_A_SOURCE)) {
    if (values[option] === undefined || takers.some((name) => sources.includes(name))) continue;
    const needed = takers
      .filter((name) => name !== AUTO)
      .map((name) => (name === 'file' ? 'file:PATH' : name));
    throw new UsageError(
      `--${option} ${JSON.stringify(values[option])}: needs --source ${needed.join(' or --source ')}`,
    );
  }
  return options;
}

/** Names of SOURCES and of `auto`; all files together are one source. */
function parseSources(given: readonly string[]): { sources: string[]; files: string[] } {
  const names = new Set<string>();
  const files: string[] = [];
  for (const source of given) {
    const file = source.startsWith(FILE_PREFIX) ? source.slice(FILE_PREFIX.length) : undefined;
    const name = file === undefined ? source : 'file';
    if (file === '' || source === 'file') {
      throw new UsageError(`--source ${JSON.stringify(source)}: must be file:PATH`);
    }
    if (name !== AUTO && !SOURCES.has(name)) {
      const known = [AUTO, ...SOURCES.keys()].map((each) => (each === 'file' ? 'file:PATH' : each));
      throw new UsageError(
        `--source ${JSON.stringify(name)}: there is no such source; known are ${known.join(', ')}`,
      );
    }
    if (given.indexOf(source) !== given.lastIndexOf(source)) {
      throw new UsageError(`--source ${JSON.stringify(source)}: given twice`);
    }
    names.add(name);
    if (file !== undefined) files.push(file);
  }
  return { sources: [...names], files };
}

function entriesOf<T extends object>(object: T): [keyof T, T[keyof T]][] {
  return Object.entries(object) as [keyof T, T[keyof T]][];
}

function parseSinkFormat(text: string, sink: string | undefined): SinkFormat {
  const format = SINK_FORMATS.find((each) => each === text);
  if (format === undefined) {
    throw new UsageError(`--sink-format ${JSON.stringify(text)}: must be one of ${SINK_FORMATS.join(', ')}`);
  }
  if (format !== 'tapio' && (sink ?? 'none') === 'none') {
    throw new UsageError(`--sink-format ${JSON.stringify(text)}: needs --sink stdout or file:PATH`);
  }
  return format;
}

/** What the tracer refuses is told before the run begins. */
function parseKernelFilters(values: {
  pid?: string[];
  syscall?: string[];
  comm?: string[];
  sample?: string;
}): KernelFilters {
  for (const name of values.syscall ?? []) {
    if (!isSyscallName(name))
      throw new UsageError(`--syscall ${JSON.stringify(name)}: there is no such system call here`);
  }
  for (const comm of values.comm ?? []) {
    const bytes = Buffer.byteLength(comm);
    if (bytes === 0 || bytes > 15)
      throw new UsageError(`--comm ${JSON.stringify(comm)}: must be 1 to 15 bytes, as the kernel cuts names`);
  }
  return {
    pids: values.pid?.map((pid) => numberIn('--pid', pid, 1, 2 ** 32 - 1, true)),
    syscalls: values.syscall,
    comms: values.comm,
    sampleRate: numberOption('sample', values.sample, 2 ** -32, 1, false),
  };
}

function parseFrom(text: string): 'start' | 'end' {
  if (text === 'start' || text === 'end') return text;
  throw new UsageError(`--from ${JSON.stringify(text)}: must be start or end`);
}

function nonEmpty(name: string, text: string): string {
  if (text === '') throw new UsageError(`--${name} "": must be a path`);
  return text;
}

function parse(args: string[]) {
  let parsed;
  try {
    parsed = parseArgs({
      args: joinNegativeNumbers(args),
      strict: true,
      tokens: true,
      options: {
        source: { type: 'string', multiple: true },
        format: { type: 'string' },
        rate: { type: 'string' },
        workers: { type: 'string' },
        duration: { type: 'string' },
        sink: { type: 'string' },
        append: { type: 'boolean' },
        'sink-format': { type: 'string' },
        json: { type: 'boolean' },
        correlate: { type: 'boolean' },
        pid: { type: 'string', multiple: true },
        syscall: { type: 'string', multiple: true },
        comm: { type: 'string', multiple: true },
        sample: { type: 'string' },
        'buffer-size': { type: 'string' },
        'proc-interval': { type: 'string' },
        from: { type: 'string' },
        positions: { type: 'string' },
        ...Object.fromEntries(EXPORT_OPTIONS.map((name) => [name, { type: 'string' } as const])),
      },
    });
  } catch (error) {
    // What follows the first sentence is advice on positional arguments, of which there are none.
    const [sentence] = (error as Error).message.split(/\.?(?:\n|\. )/);
    throw new UsageError(sentence.replace(/^Option '(.*)' argument is ambiguous$/, '$1 needs a value'));
  }
  const seen = new Set<string>();
  for (const token of parsed.tokens) {
    if (token.kind !== 'option' || REPEATED.has(token.name)) continue;
    if (seen.has(token.name)) throw new UsageError(`--${token.name}: given twice`);
    seen.add(token.name);
  }
  return parsed.values;
}

/** `--rate -1` is a wrong number, not the option -1 behind a --rate without a value. */
function joinNegativeNumbers(args: string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    if (/^-[\d.]/.test(arg) && /^--[^=]+$/.test(joined.at(-1) ?? '')) joined.push(`${joined.pop()}=${arg}`);
    else joined.push(arg);
  }
  return joined;
}

function formatOf(name: string): FormatName | typeof AUTO {
  const known: readonly string[] = [AUTO, ...FORMAT_NAMES];
  if (known.includes(name)) return name as FormatName;
  throw new UsageError(
    `--format ${JSON.stringify(name)}: there is no such format; known are ${known.join(', ')}`,
  );
}

/** An empty SEED is none. */
function seedOf(text: string | undefined): number | undefined {
  return text ? numberIn('SEED', text, 0, 2 ** 32 - 1, true) : undefined;
}

function numberOption(name: string, text: string | undefined, min: number, max: number, whole: boolean) {
  return text === undefined ? undefined : numberIn(`--${name}`, text, min, max, whole);
}

function numberIn(what: string, text: string, min: number, max: number, whole: boolean): number {
  const value = /^\d+(\.\d+)?(e\d+)?$/i.test(text.trim()) ? Number(text) : NaN;
  if (!(value >= min && value <= max) || (whole && !Number.isInteger(value))) {
    const kind = whole ? 'a whole number' : 'a number';
    throw new UsageError(`${what} ${JSON.stringify(text)}: must be ${kind} from ${min} to ${max}`);
  }
  return value;
}
