/** What an event of the kernel tells, as one line for a person. */
import { getSystemErrorName } from 'node:util';
import type { UnifiedEvent } from '../../index';
import { addressText } from '../../event/address-text';
import { visible } from '../text/visible-text';
import { milliseconds } from '../text/figures';
import { commandLine, wordsOf } from './command-line';
import { wholeNumber } from '../../event/whole-number';

type Kernel = NonNullable<UnifiedEvent['kernel']>;
type Teller = (event: UnifiedEvent, kernel: Kernel) => string;

const EINPROGRESS = -115;

const TELLERS: Readonly<Record<string, Teller>> = {
  'process.exec': (_, { args = {} }) => `runs ${programOf(args)}${starterOf(args)}`,
  'process.exit': (_, { args = {}, returnCode }) => `${endOf(args, returnCode)}${lifetimeOf(args)}`,
  'process.fork': (_, { args = {} }) => `forked ${args.childPid ?? 'a process'}`,
  'file.open': (_, { args = {}, returnCode = 0 }) =>
    returnCode < 0
      ? `could not open ${pathOf(args)}: ${errorName(returnCode)}`
      : `opened ${pathOf(args)}${purposeOf(args.flags)}`,
  'network.connect': (event, { returnCode = 0 }) => {
    const peer = peerOf(event, 'dest');
    if (returnCode === EINPROGRESS) return `is connecting to ${peer}`;
    return returnCode < 0 ? `could not connect to ${peer}: ${errorName(returnCode)}` : `connected to ${peer}`;
  },
  'network.accept': (event, { returnCode = 0 }) =>
    returnCode < 0
      ? `could not accept a connection: ${errorName(returnCode)}`
      : `accepted ${peerOf(event, 'source')}`,
  'kernel.syscall': (_, { syscall = 'a system call', returnCode }) => {
    if (returnCode === undefined) return `called ${syscall}`;
    return `${syscall} = ${returnCode < 0 ? errorName(returnCode) : returnCode}`;
  },
  'kernel.syscall.enter': (_, { syscall = 'a system call' }) => `calls ${syscall}`,
};

/** Types whose events get a message wherever they go; of system calls there are too many. */
export const TOLD_TYPES: ReadonlySet<string> = new Set(
  Object.keys(TELLERS).filter((type) => !type.startsWith('kernel.')),
);

/** undefined for an event that is none of the kernel's. What comes from outside is visible text. */
export function kernelMessage(event: UnifiedEvent): string | undefined {
  const { type, source, kernel, entity } = event;
  if (source !== 'ebpf' || !kernel || !Object.hasOwn(TELLERS, type)) return undefined;
  const where = entity?.type === 'container' ? ` in container ${entity.name}` : '';
  return visible(`${whoOf(kernel)} ${TELLERS[type](event, kernel)}${where}`);
}

function whoOf({ comm = 'a process', pid, args }: Kernel): string {
  if (pid !== undefined) return `${comm} (${pid})`;
  return args?.hostPid === undefined ? comm : `${comm} (${args.hostPid} of the host)`;
}

function programOf({ argv, argvTruncated, filename = 'a program' }: Record<string, string>): string {
  const words = argv === undefined ? undefined : wordsOf(argv);
  return words === undefined || words.length === 0
    ? filename
    : commandLine(words, argvTruncated !== undefined);
}

function starterOf({ ppid, parentComm }: Record<string, string>): string {
  if (parentComm === undefined) return '';
  return `, started by ${parentComm}${ppid === undefined ? '' : ` (${ppid})`}`;
}

function endOf({ signal }: Record<string, string>, status: number | undefined): string {
  if (signal !== undefined) return `was ended by ${signal}`;
  return status === undefined ? 'ended' : `ended with status ${status}`;
}

function lifetimeOf({ lifetimeMs }: Record<string, string>): string {
  const lifetime = wholeNumber(lifetimeMs);
  return lifetime === undefined ? '' : ` after ${milliseconds(lifetime)}`;
}

function pathOf({ path, dirfd }: Record<string, string>): string {
  if (path === undefined) return 'a file';
  const shown = path === '' ? "''" : path;
  return dirfd === undefined || dirfd === 'AT_FDCWD' ? shown : `${shown} (below descriptor ${dirfd})`;
}

function purposeOf(flags = ''): string {
  const names = new Set(flags.split('|'));
  if (names.has('O_WRONLY')) return ' for writing';
  if (names.has('O_RDWR')) return ' for reading and writing';
  return '';
}

/** Where a connection goes to (`dest`) or comes from (`source`). */
function peerOf({ network, kernel }: UnifiedEvent, side: 'source' | 'dest'): string {
  const ip = side === 'source' ? network?.sourceIP : network?.destIP;
  const port = side === 'source' ? network?.sourcePort : network?.destPort;
  const protocol = network?.protocol;
  const note = protocol === undefined || protocol === 'tcp' || protocol === 'unix' ? '' : ` (${protocol})`;
  if (ip !== undefined) return `${addressText(ip, port)}${note}`;
  const path = kernel?.args?.path;
  if (path !== undefined && path !== '') return path;
  return protocol === 'unix' ? 'a unix socket' : 'a peer';
}

function errorName(returnCode: number): string {
  try {
    const name = getSystemErrorName(returnCode);
    return name.startsWith('Unknown') ? String(returnCode) : name;
  } catch {
    return String(returnCode);
  }
}
