/** What a tracer leaves out, as its user says it and as native code has it. */
import type { NativeFilters } from '../binding';
import { checkArray, checkInteger, checkNames, checkOptions, invalidArgument } from '../validate';
import { checkSyscalls } from './syscalls';

/** What is not wanted is left out in the kernel, before it costs anything here. This process itself is never traced. */
export interface KernelFilters {
  /**
   * Trace these processes only: ids as this process sees them, 1..2^32-1, at most 65536. Default: all. Processes they start are others; one
   * that has no id in this pid namespace never matches.
   */
  pids?: readonly number[];
  /** Trace these system calls only: by name, of 64-bit and 32-bit programs, or by a number 0..1023 of this architecture's table. Default: all. */
  syscalls?: readonly (string | number)[];
  /**
   * Trace threads of these users only, as of `comms`: ids of the initial user namespace, 0..2^32-2, at most 65536. Default: all.
   */
  uids?: readonly number[];
  /**
   * Trace threads of these names only, as they are when the event happens (of an exec the new one; of an open, connect or accept as it
   * is when the call begins): at most 65536 texts of 1..15 bytes of UTF-8 without NUL. Default: all.
   */
  comms?: readonly string[];
  /** The share of system calls that is kept, by chance: above 0, up to 1, default 1. Starts and ends of processes are always kept. */
  sampleRate?: number;
  /**
   * Trace tasks of these containers only: ids as `entity.uid` tells them, or their first 12 digits or more, at most 1024. Containers that
   * start later match as well. Default: all tasks, also those of no container.
   */
  containers?: readonly string[];
  /**
   * Of `open` events those only whose path, as the program gave it, begins with one of these texts: 1..255 bytes of UTF-8 without NUL, at
   * most 65536. A relative path matches a relative beginning only. Other events are not affected. Default: all.
   */
  paths?: readonly string[];
  /**
   * Of `connect` events those only that go to one of these ports, and of `accept` events those of sockets bound to one: 0..65535. None of
   * a unix socket matches. Other events are not affected. Default: all.
   */
  ports?: readonly number[];
}

/** Most elements of each filter. */
const LIMITS = { pids: 65536, uids: 65536, comms: 65536, containers: 1024, paths: 65536, ports: 65536 };
/** Bytes of a thread's name in the kernel, its NUL included. */
const COMM_BYTES = 16;
/** Bytes of the beginning of a path, and of the key that native code makes of it: its length in bits before it. */
const MAX_PREFIX_BYTES = 255;
const PREFIX_KEY_BYTES = 4 + 256;
/** Bytes of a container's id, padded with NULs. */
const CONTAINER_BYTES = 64;
const CONTAINER = /^[0-9a-f]{12,64}$|^[0-9a-f]{32}-[0-9]{1,10}$/;

/** What each element of a filter must be. */
export const FILTER_RULES = {
  comms: textRule(COMM_BYTES - 1),
  containers: "a container's id, or its first 12 hex digits or more",
  paths: textRule(MAX_PREFIX_BYTES),
} as const;

function textRule(most: number): string {
  return `a text of 1 to ${most} bytes without NUL`;
}

/** @throws TapioError ERR_INVALID_ARGUMENT */
export function checkFilters(filters: KernelFilters | undefined): {
  chosen: NativeFilters;
  syscalls: Uint32Array | undefined;
  keepBelow: number;
} {
  const given = checkOptions(filters, 'filters');
  checkNames('filters', given, [...Object.keys(LIMITS), 'syscalls', 'sampleRate']);
  const { pids = [], uids = [], comms = [], containers = [], paths = [], ports = [] } = given;
  const { syscalls, sampleRate = 1 } = given;
  for (const [name, each] of Object.entries({ pids, uids, comms, containers, paths, ports })) {
    checkArray(`filters.${name}`, each);
    const most = LIMITS[name as keyof typeof LIMITS];
    if (each.length > most)
      throw invalidArgument(`filters.${name}`, each, `an array of at most ${most} elements`);
  }
  if (syscalls !== undefined) checkArray('filters.syscalls', syscalls);
  if (typeof sampleRate !== 'number' || !(sampleRate > 0 && sampleRate <= 1))
    throw invalidArgument('filters.sampleRate', sampleRate, 'a number above 0, up to 1');
  const integers = (name: string, numbers: readonly number[], least: number, most: number): Uint32Array =>
    Uint32Array.from(numbers, (number, i) => checkInteger(`filters.${name}[${i}]`, number, least, most));
  return {
    chosen: [
      integers('pids', pids, 1, 2 ** 32 - 1),
      integers('uids', uids, 0, 2 ** 32 - 2),
      packTexts(
        comms.map((comm, i) => bytesOf(`filters.comms[${i}]`, comm, COMM_BYTES - 1)),
        COMM_BYTES,
      ),
      packTexts(containers.map(containerOf), CONTAINER_BYTES),
      packTexts(paths.map(prefixOf), PREFIX_KEY_BYTES),
      integers('ports', ports, 0, 65535),
    ],
    syscalls: syscalls && Uint32Array.from(checkSyscalls('filters.syscalls', syscalls)),
    // A 32-bit random number below it keeps an event; 0 keeps all.
    keepBelow: sampleRate === 1 ? 0 : Math.max(1, Math.round(sampleRate * 2 ** 32) % 2 ** 32),
  };
}

function bytesOf(name: string, text: unknown, most: number): Buffer {
  const encoded = typeof text === 'string' ? Buffer.from(text) : undefined;
  if (encoded === undefined || encoded.length === 0 || encoded.length > most || encoded.includes(0))
    throw invalidArgument(name, text, textRule(most));
  return encoded;
}

function containerOf(id: unknown, index: number): Buffer {
  if (typeof id !== 'string' || !CONTAINER.test(id))
    throw invalidArgument(`filters.containers[${index}]`, id, FILTER_RULES.containers);
  return Buffer.from(id);
}

/** A key of the kernel's tries: the length in bits, and the text. */
function prefixOf(path: unknown, index: number): Buffer {
  const text = bytesOf(`filters.paths[${index}]`, path, MAX_PREFIX_BYTES);
  const bits = new Uint8Array(Uint32Array.of(text.length * 8).buffer);
  return Buffer.concat([bits, text]);
}

/** Back to back, each padded with NULs. */
function packTexts(texts: readonly Buffer[], each: number): Uint32Array {
  const bytes = new Uint8Array(texts.length * each);
  texts.forEach((text, index) => bytes.set(text, index * each));
  return new Uint32Array(bytes.buffer);
}
