/** The options of `tapio collect`: parsing and checking. */
import { parseArgs } from 'node:util';
import { FORMAT_NAMES, type FormatName } from '../../formats';
import { AUTO } from '../sources/auto-source';
import { UsageError } from '../command-line/command';
import { EXPORT_OPTIONS, parseExports } from '../exports';
import type { AskedExport } from '../exports/export';
import { KERNEL_OPTIONS, kernelOptionIn, parseKernelOptions } from '../sources/kernel-options';
import { MEMORY } from '../memory-plan';
import { numberIn, numberOption } from '../command-line/number-option';
import { parseSinkTarget, SINK_FORMATS, type SinkFormat } from '../sinks/sink-target';
import { SOURCES } from '../sources';
import type { SourceOptions } from '../sources/source-options';

export interface CollectOptions extends SourceOptions {
  /** Names of SOURCES, or `auto`, each once, in the order given. */
  readonly sources: readonly string[];
  /** undefined: until Ctrl-C, or until every source has ended. */
  readonly durationMs?: number;
  /** Of the lines that the sink writes. */
  readonly sinkFormat: SinkFormat;
  /** Outputs beside the sink. */
  readonly exports: readonly AskedExport[];
  readonly json: boolean;
  /** Whether a run is started that may not fit into its memory. */
  readonly force: boolean;
  /** Whether events are correlated. */
  readonly correlate: boolean;
  /** Bytes of each CPU's ring, committed as they are used; the shared overflow ring has OVERFLOW_FACTOR times as many. */
  readonly bufferSize: number;
  /** An option that was given and means nothing without that source. */
  readonly kernelOption?: string;
}

/** Seconds that a run which was stopped waits for its reader, in all. */
export const STOP_LIMIT_S = 5;

const FILE_PREFIX = 'file:';

/** Options that only some sources have: which. */
const OPTIONS_OF_A_SOURCE = {
  rate: ['synthetic'],
  workers: ['synthetic'],
  'proc-interval': ['proc', AUTO],
  ...Object.fromEntries(Object.keys(KERNEL_OPTIONS).map((name) => [name, ['ebpf', AUTO]])),
  format: ['stdin', 'file'],
  from: ['file'],
  positions: ['file'],
} as const;

/** Options that may be given more than once. */
const REPEATED: ReadonlySet<string> = new Set([
  'source',
  ...Object.entries(KERNEL_OPTIONS).flatMap(([name, { multiple }]) => (multiple ? [name] : [])),
]);

export const DEFAULTS = {
  source: AUTO,
  rate: 10_000,
  sink: 'none',
  workers: 1,
  format: AUTO,
  bufferSize: MEMORY.bufferSize,
  procInterval: 500,
  from: 'start',
};

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
    force: values.force ?? false,
    correlate: values.correlate ?? false,
    bufferSize: numberOption('buffer-size', values['buffer-size'], 512, 2 ** 30, true) ?? DEFAULTS.bufferSize,
    seed: sources.includes('synthetic') ? seedOf(process.env.SEED) : undefined,
    format: formatOf(values.format ?? DEFAULTS.format),
    procIntervalMs:
      numberOption('proc-interval', values['proc-interval'], 10, 3_600_000, true) ?? DEFAULTS.procInterval,
    files,
    from: parseFrom(values.from ?? DEFAULTS.from),
    kernel: parseKernelOptions(values),
    kernelOption: kernelOptionIn(values),
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
        force: { type: 'boolean' },
        correlate: { type: 'boolean' },
        ...KERNEL_OPTIONS,
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
