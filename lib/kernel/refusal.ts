/** The errors of what the kernel refuses. */
import fs from 'node:fs';
import os from 'node:os';
import { getSystemErrorName } from 'node:util';
import { show, TapioError } from '../errors';
import { mapTypeName, PERF_EVENT_ARRAY } from './map-types';
import { type Lack, lackOfCapabilities } from './privileges';
import { KERNEL_EVENTS } from './tracer-shapes';

/** What was tried, in the order of Step in native/kernel/failure.h. */
const STEPS = [
  'start',
  'run here',
  'create a map',
  'load the program',
  'attach the program to its tracepoint',
  'open the ring buffer',
  'use it as a BPF ring buffer',
  'map the ring buffer',
  "tell the kernel's clocks from those of this process",
  'start a thread',
  'find this process among those it traces',
  'tell the ids of this pid namespace, as /sys/kernel/btf/vmlinux cannot be read',
] as const;
const PLATFORM = 1;
const CREATE_MAP = 2;
const LOAD_PROGRAM = 3;
const ATTACH = 4;
const OPEN_RING = 5;
const NO_RING = 6;
const MAP_RING = 7;
const READ_CLOCK = 8;

/** What the kernel was asked. */
const CALLS: Readonly<Record<number, string>> = {
  [CREATE_MAP]: ', bpf(BPF_MAP_CREATE)',
  [LOAD_PROGRAM]: ', bpf(BPF_PROG_LOAD)',
  [ATTACH]: ', bpf(BPF_RAW_TRACEPOINT_OPEN)',
  [MAP_RING]: ', mmap()',
};

/** As Failure in native/kernel/failure.h. */
export type Refusal = readonly [step: number, errno: number, detail: number];

const PERMISSION = new Set(['EPERM', 'EACCES']);
/** Of a path or descriptor that is not what it should be. */
const WRONG_ORIGIN = new Set(['ENOENT', 'ENOTDIR', 'EBADF', 'EINVAL', 'ELOOP', 'ENAMETOOLONG']);
const BPF_FS_MAGIC = 0xcafe4a11;

/** What went wrong, and what to do, in one line. `origin`: see refusal. tellLack: false where somebody else tells which capabilities are missing. */
export function describeRefusal(
  [step, errno, detail]: Refusal,
  { origin, tellLack = true }: { origin?: unknown; tellLack?: boolean } = {},
): string {
  if (step === PLATFORM)
    return `it needs Linux on x64 or arm64; this is ${process.platform} on ${process.arch}`;
  const name = errorName(errno);
  const event = step === LOAD_PROGRAM || step === ATTACH ? KERNEL_EVENTS[detail - 1] : undefined;
  const which = event === undefined ? '' : ` for ${event} events`;
  const where = origin === undefined ? '' : ` ${show(origin)}`;
  return `cannot ${STEPS[step]}${which}${where}${CALLS[step] ?? ''}: ${name} (errno ${errno})${advice(step, name, tellLack)}`;
}

/** @param origin of a ring buffer of another program: its path or descriptor */
export function refusal(what: string, failure: Refusal, origin?: unknown): TapioError {
  const mistake = wrongOrigin(failure, origin);
  if (mistake === undefined)
    return new TapioError('ERR_UNSUPPORTED', `${what}: ${describeRefusal(failure, { origin })}`);
  return new TapioError(
    'ERR_INVALID_ARGUMENT',
    `${what} cannot ${STEPS[failure[0]]} ${show(origin)}: ${mistake}`,
  );
}

/** What is wrong with the path or descriptor; undefined when it is not at fault. */
function wrongOrigin([step, errno, detail]: Refusal, origin: unknown): string | undefined {
  const name = errorName(errno);
  if (step === NO_RING && WRONG_ORIGIN.has(name)) return notARing(detail);
  if (step !== OPEN_RING) return undefined;
  if (WRONG_ORIGIN.has(name)) return `${name} (errno ${errno})`;
  return PERMISSION.has(name) && typeof origin === 'string' ? notAPin(origin) : undefined;
}

/** Of a map type. */
function notARing(type: number): string {
  if (type === 0) return 'which is no BPF ring buffer, nor another BPF map';
  const found = `which is no BPF ring buffer but a map of type ${mapTypeName(type)}`;
  if (type !== PERF_EVENT_ARRAY) return found;
  return `${found}: its program has to write by bpf_ringbuf_output() in place of bpf_perf_event_output()`;
}

/** The kernel refuses what was never pinned as if a permission were missing. */
function notAPin(path: string): string | undefined {
  try {
    if (fs.statSync(path).isDirectory()) return 'it is a directory';
    if (fs.statfsSync(path).type >>> 0 === BPF_FS_MAGIC) return undefined;
    return 'it is not on a bpf file system, where maps are pinned, such as the one at /sys/fs/bpf';
  } catch {
    return undefined;
  }
}

function errorName(errno: number): string {
  return errno > 0 ? getSystemErrorName(-errno) : 'no errno';
}

function advice(step: number, name: string, tellLack: boolean): string {
  if (step === READ_CLOCK)
    return "; without /proc only a program in the kernel can tell whether this is a time namespace, which takes CAP_BPF; the clock 'realtime' needs neither";
  if (PERMISSION.has(name)) return permissionAdvice(step, tellLack);
  if (name === 'ENOMEM') return "; this process's cgroup, or the machine, has no memory left for it";
  if (name === 'ENOSYS') return '; this kernel was built without bpf()';
  if (step === CREATE_MAP && name === 'EINVAL' && olderThan(5, 8))
    return `; BPF ring buffers need Linux 5.8 or later, and this is ${os.release()}`;
  if (step === LOAD_PROGRAM && name === 'EINVAL') {
    const hides = "kernel lockdown 'confidentiality', which hides the kernel's memory from programs";
    return lockdown() === 'confidentiality' ? `; the cause is ${hides}` : `; the usual cause is ${hides}`;
  }
  return '';
}

function permissionAdvice(step: number, tellLack: boolean): string {
  const lack = lackOfCapabilities();
  if (lack === undefined) return '; it takes CAP_BPF and CAP_PERFMON';
  if (lack.missing.length > 0) return tellLack ? lackAdvice(lack) : '';
  if (step === OPEN_RING) return '; the pinned file must be readable and writable for this user';
  return (
    '; CAP_BPF and CAP_PERFMON are there, so something else forbids it: a container without them in the ' +
    'initial user namespace, seccomp, kernel lockdown, a security module, or a low RLIMIT_MEMLOCK before Linux 5.11'
  );
}

function lackAdvice({ missing, grant, isByFile }: Lack): string {
  const way = isByFile ? 'run as root, or' : 'start the container with';
  const more = isByFile ? 'what that costs' : 'of other ways';
  return `; missing ${missing.join(' and ')}: ${way} ${grant} (tapio doctor tells ${more})`;
}

/** What is locked down; undefined where nothing is, or it cannot be told. */
function lockdown(): string | undefined {
  try {
    return /\[(\w+)\]/.exec(fs.readFileSync('/sys/kernel/security/lockdown', 'latin1'))?.[1];
  } catch {
    return undefined;
  }
}

function olderThan(major: number, minor: number): boolean {
  const [ours, oursMinor] = os.release().split('.').map(Number);
  return ours < major || (ours === major && oursMinor < minor);
}
