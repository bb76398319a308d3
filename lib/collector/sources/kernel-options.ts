/** The options of the ebpf source: which of the kernel's events, and of whom. */
import type { KernelEvent, KernelFilters } from '../../kernel';
import { checkFilters, FILTER_RULES } from '../../kernel/filters';
import { isSyscallName } from '../../kernel/syscalls';
import { KERNEL_EVENTS } from '../../kernel/tracer-shapes';
import { UsageError } from '../command-line/command';
import { numberIn, numberOption } from '../command-line/number-option';

export interface KernelChoice {
  readonly events: readonly KernelEvent[];
  readonly filters: KernelFilters;
}

/** As parseArgs takes them. */
export const KERNEL_OPTIONS = {
  events: { type: 'string', multiple: false },
  pid: { type: 'string', multiple: true },
  syscall: { type: 'string', multiple: true },
  comm: { type: 'string', multiple: true },
  container: { type: 'string', multiple: true },
  path: { type: 'string', multiple: true },
  port: { type: 'string', multiple: true },
  sample: { type: 'string', multiple: false },
} as const;

type KernelValues = {
  [name in keyof typeof KERNEL_OPTIONS]?: (typeof KERNEL_OPTIONS)[name]['multiple'] extends true
    ? string[]
    : string;
};

const isCall = (event: KernelEvent): boolean => event === 'syscall' || event === 'syscall-enter';
/** Options that say which of some events: of which. */
const OPTIONS_OF_EVENTS = {
  path: ['open'],
  port: ['connect', 'accept'],
  syscall: ['syscall', 'syscall-enter'],
  sample: ['syscall', 'syscall-enter'],
} as const satisfies Partial<Record<keyof typeof KERNEL_OPTIONS, readonly KernelEvent[]>>;
/** System calls are a flood that tells little: only who asks gets them. */
const DEFAULT_EVENTS = KERNEL_EVENTS.filter((event) => !isCall(event));
/** Of who asks for some of them. */
const EVENTS_WITH_CALLS: readonly KernelEvent[] = ['syscall', 'exec', 'exit', 'fork'];
/** All that makes, changes and ends processes. */
const OF_PROCESSES: readonly KernelEvent[] = ['exec', 'exit', 'fork'];

export const KERNEL_USAGE = `  --events LIST     what the ebpf source traces, of
                    ${KERNEL_EVENTS.join(',')}
                    (default ${DEFAULT_EVENTS.join(',')};
                    with --syscall or --sample ${EVENTS_WITH_CALLS.join(',')})
  --pid N, --comm NAME, --container ID
                    of the ebpf source: these processes, thread names and
                    containers only (an id as docker ps tells it, or in full)
  --path PREFIX, --port N, --syscall NAME
                    likewise: of opened files those whose path as given begins
                    so; of connections those to this port, or accepted on it;
                    of system calls those; all six may be repeated
  --sample SHARE    of the ebpf source: the share of system calls that is kept,
                    by chance, above 0 up to 1 (default 1)
`;

/** One of the options given that only the ebpf source has, as it was given. */
export function kernelOptionIn(values: KernelValues): string | undefined {
  const name = (Object.keys(KERNEL_OPTIONS) as (keyof KernelValues)[]).find(
    (each) => values[each] !== undefined,
  );
  return name && `--${name} ${JSON.stringify([values[name]].flat(2)[0])}`;
}

/** Throws UsageError for what the tracer would refuse, before the run begins. */
export function parseKernelOptions(values: KernelValues): KernelChoice {
  for (const name of values.syscall ?? []) {
    if (!isSyscallName(name))
      throw new UsageError(`--syscall ${JSON.stringify(name)}: there is no such system call here`);
  }
  check('comm', values.comm, 'comms');
  check('container', values.container, 'containers');
  check('path', values.path, 'paths');
  return {
    events: parseEvents(values),
    filters: {
      pids: values.pid?.map((pid) => numberIn('--pid', pid, 1, 2 ** 32 - 1, true)),
      syscalls: values.syscall,
      comms: values.comm,
      containers: values.container,
      paths: values.path,
      ports: values.port?.map((port) => numberIn('--port', port, 0, 65_535, true)),
      sampleRate: numberOption('sample', values.sample, 2 ** -32, 1, false),
    },
  };
}

/** By the tracer's own rule. */
function check(option: string, values: readonly string[] = [], filter: keyof typeof FILTER_RULES): void {
  for (const value of values) {
    try {
      checkFilters({ [filter]: [value] });
    } catch {
      throw new UsageError(`--${option} ${JSON.stringify(value)}: must be ${FILTER_RULES[filter]}`);
    }
  }
}

/** Whether no process of the host is left out. */
export function tracesAllProcesses({ events, filters: { pids, comms, containers } }: KernelChoice): boolean {
  return (
    OF_PROCESSES.every((event) => events.includes(event)) &&
    [pids, comms, containers].every((filter) => filter === undefined)
  );
}

function parseEvents(values: KernelValues): readonly KernelEvent[] {
  const chosen = chosenEvents(values);
  for (const [option, needed] of Object.entries(OPTIONS_OF_EVENTS)) {
    const value = values[option as keyof typeof OPTIONS_OF_EVENTS];
    if (value !== undefined && !needed.some((event) => chosen.includes(event)))
      throw new UsageError(
        `--${option} ${JSON.stringify([value].flat()[0])}: needs ${needed.join(' or ')} among --events`,
      );
  }
  return chosen;
}

function chosenEvents({ events, syscall, sample }: KernelValues): readonly KernelEvent[] {
  if (events === undefined)
    return syscall !== undefined || sample !== undefined ? EVENTS_WITH_CALLS : DEFAULT_EVENTS;
  return [...new Set(events.split(','))].map((name) => {
    const event = KERNEL_EVENTS.find((each) => each === name);
    if (event === undefined)
      throw new UsageError(
        `--events ${JSON.stringify(events)}: ${JSON.stringify(name)} is no event; known are ${KERNEL_EVENTS.join(', ')}`,
      );
    return event;
  });
}
