/** The errors of what the kernel refuses. */
import { getSystemErrorName } from 'node:util';
import { show, TapioError } from '../errors';
import { grantCommand, missingCapabilities } from './privileges';

/** What was tried, in the order of Step in native/kernel/failure.h. */
const STEPS = [
  'start',
  'run here',
  'create a map, bpf(BPF_MAP_CREATE)',
  'load a program, bpf(BPF_PROG_LOAD)',
  'attach to a tracepoint, bpf(BPF_RAW_TRACEPOINT_OPEN)',
  'open the ring buffer',
  'use it as a BPF ring buffer',
  'map the ring buffer, mmap()',
  'start a thread',
  'find this process among those it traces',
  'tell the ids of this pid namespace, as /sys/kernel/btf/vmlinux cannot be read',
] as const;
const PLATFORM = 1;
const CREATE_MAP = 2;
const OPEN_RING = 5;
const NO_RING = 6;

const PERMISSION = new Set(['EPERM', 'EACCES']);
/** Of a path or descriptor that is not what it should be. */
const WRONG_ORIGIN = new Set(['ENOENT', 'ENOTDIR', 'EBADF', 'EINVAL', 'ELOOP', 'ENAMETOOLONG']);

/** What went wrong, and what to do, in one line. */
export function describeRefusal([step, errno]: readonly [number, number]): string {
  if (step === PLATFORM)
    return `it needs Linux on x64 or arm64; this is ${process.platform} on ${process.arch}`;
  const name = errorName(errno);
  return `cannot ${STEPS[step]}: ${name} (errno ${errno})${advice(step, name)}`;
}

/** @param origin of a ring buffer of another program: its path or descriptor */
export function refusal(what: string, failure: readonly [number, number], origin?: unknown): TapioError {
  const [step, errno] = failure;
  if ((step === OPEN_RING || step === NO_RING) && WRONG_ORIGIN.has(errorName(errno))) {
    const expected =
      step === NO_RING ? 'which is no BPF ring buffer' : `${errorName(errno)} (errno ${errno})`;
    return new TapioError(
      'ERR_INVALID_ARGUMENT',
      `${what} cannot ${STEPS[step]} ${show(origin)}: ${expected}`,
    );
  }
  return new TapioError('ERR_UNSUPPORTED', `${what}: ${describeRefusal(failure)}`);
}

function errorName(errno: number): string {
  return errno > 0 ? getSystemErrorName(-errno) : 'no errno';
}

function advice(step: number, name: string): string {
  if (PERMISSION.has(name)) {
    const missing = missingCapabilities();
    if (missing === undefined) return '; it takes CAP_BPF and CAP_PERFMON';
    if (missing.length > 0)
      return `; missing ${missing.join(' and ')}: run as root, or ${grantCommand(missing)}`;
    return (
      '; CAP_BPF and CAP_PERFMON are there, so something else forbids it: a container without them in the ' +
      'initial user namespace, seccomp, kernel lockdown, a security module, or a low RLIMIT_MEMLOCK before Linux 5.11'
    );
  }
  if (step === CREATE_MAP && name === 'EINVAL') return '; BPF ring buffers need Linux 5.8 or later';
  if (name === 'ENOSYS') return '; this kernel was built without bpf()';
  return '';
}
