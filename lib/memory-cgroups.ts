/** The cgroups that bound the memory of this process: what each may have, and what is taken of it. */
import fs from 'node:fs';
import path from 'node:path';

/**
 * The two versions: the file that says how much a cgroup may have, and the lines of its memory.stat for what its processes and those below
 * it keep, where there is no swap: anonymous memory and files in a tmpfs. Version 1 has lines without `total_`, too, of the cgroup alone.
 */
const HIERARCHIES = [
  { type: 'cgroup2', controller: '', file: 'memory.max', kept: /^(?:anon|shmem) (\d+)$/gm },
  {
    type: 'cgroup',
    controller: 'memory',
    file: 'memory.limit_in_bytes',
    kept: /^total_(?:rss|shmem) (\d+)$/gm,
  },
] as const;

/** Text of a file; undefined if it cannot be read. */
export type ReadText = (file: string) => string | undefined;

export interface MemoryCgroup {
  /** Bytes; without a limit NaN, or in version 1 something like 2^63. */
  readonly limit: number;
  /** Bytes that are kept in it; 0 where it is not told. Reads a file. */
  readonly kept: () => number;
}

/** Its own and those above it, as far as they can be seen, version 1 and 2. Reads a few files; never throws. Any thread. */
export function memoryCgroups(read: ReadText): MemoryCgroup[] {
  const groups = (read('/proc/self/cgroup') ?? '').split('\n').map(parseGroup);
  const mounts = (read('/proc/self/mountinfo') ?? '').split('\n').map(parseMount);
  return HIERARCHIES.flatMap(({ type, controller, file, kept }) => {
    const group = groups.find(({ controllers }) => controllers.includes(controller))?.path;
    if (group === undefined) return [];
    const mounted = mounts.filter((each) => each.type === type && each.options.includes(controller));
    // The others show cgroups that this process is not in.
    const around = mounted.filter(({ root }) => !isOutside(root, group));
    return (around.length > 0 ? around : mounted.slice(0, 1))
      .flatMap((mount) => foldersOf(mount, group))
      .map((folder) => ({
        limit: Number(read(path.posix.join(folder, file)) ?? NaN),
        kept: () => sumOf(read(path.posix.join(folder, 'memory.stat')) ?? '', kept),
      }));
  });
}

export function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Of the numbers that a pattern finds. */
function sumOf(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
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
