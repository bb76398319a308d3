/** How much memory the system lets this process have before it kills it. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A file that says how much its cgroup may have, and the hierarchy it belongs to. */
const HIERARCHIES = [
  { type: 'cgroup2', controller: '', file: 'memory.max' },
  { type: 'cgroup', controller: 'memory', file: 'memory.limit_in_bytes' },
] as const;

/** Text of a file; undefined if it cannot be read. */
export type ReadText = (file: string) => string | undefined;

/**
 * Bytes, the least of what Node tells and of what the cgroups of this process say, its own and those above it, version 1 and 2.
 * Undefined where nothing sets a limit below the machine's memory. Reads a few files; never throws. Any thread.
 */
export function memoryLimit(
  told: number | undefined = constrainedMemory(),
  read: ReadText = readText,
  machine: number = totalMemory(),
): number | undefined {
  // Without a limit Node tells 0 or something like 2^64, and version 1 of cgroups something like 2^63.
  const limits = [told ?? 0, ...cgroupLimits(read)].filter((limit) => limit > 0 && limit < machine);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

function cgroupLimits(read: ReadText): number[] {
  const groups = (read('/proc/self/cgroup') ?? '').split('\n').map(parseGroup);
  const mounts = (read('/proc/self/mountinfo') ?? '').split('\n').map(parseMount);
  return HIERARCHIES.flatMap(({ type, controller, file }) => {
    const group = groups.find(({ controllers }) => controllers.includes(controller))?.path;
    if (group === undefined) return [];
    const mounted = mounts.filter((each) => each.type === type && each.options.includes(controller));
    // The others show cgroups that this process is not in.
    const around = mounted.filter(({ root }) => !isOutside(root, group));
    return (around.length > 0 ? around : mounted.slice(0, 1))
      .flatMap((mount) => foldersOf(mount, group))
      .map((folder) => Number(read(path.posix.join(folder, file)) ?? NaN));
  });
}

/** From the mount point down to the own cgroup, as far as it lies below that: a container sees its own at the mount point. */
function foldersOf({ root, point }: { root: string; point: string }, group: string): string[] {
  const relative = path.posix.relative(root, group);
  const names = relative === '' || isOutside(root, group) ? [] : relative.split('/');
  return [point, ...names.map((_, index) => path.posix.join(point, ...names.slice(0, index + 1)))];
}

function isOutside(root: string, group: string): boolean {
  return /^\.\.(\/|$)/.test(path.posix.relative(root, group));
}

/** `4:cpu,memory:/path`; version 2 has no controllers there. */
function parseGroup(line: string): { controllers: string[]; path: string } {
  const [, , controllers, group] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? ['', '', '-', '/'];
  return { controllers: controllers.split(','), path: group };
}

/** Fields 4 and 5 of a line of mountinfo, and what stands behind its dash. */
function parseMount(line: string): { root: string; point: string; type: string; options: string[] } {
  const [left, right = ''] = line.split(' - ');
  const [, , , root = '/', point = '/'] = left.split(' ');
  const [type, , options = ''] = right.split(' ');
  return { root: unescaped(root), point: unescaped(point), type, options: ['', ...options.split(',')] };
}

/** The kernel writes what would end a field, as a space, in three octal digits behind a backslash. */
function unescaped(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

/** Deno tells it only to who may ask about the system. */
function totalMemory(): number {
  try {
    return os.totalmem();
  } catch {
    return Infinity;
  }
}

function constrainedMemory(): number | undefined {
  try {
    return process.constrainedMemory?.();
  } catch {
    return undefined;
  }
}

function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
