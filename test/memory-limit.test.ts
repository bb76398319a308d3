/** The limit of memory, by files as the kernel and containers show them. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type * as LimitModule from '../dist/memory-limit';
import { makeCgroup, mountOf, removeCgroups, V1_MOUNT, V2_MOUNT } from './support/cgroups';
import { internal } from './collector/cli';

const { memoryLimit } = internal<typeof LimitModule>('../memory-limit');

const MIB = 1 << 20;
const MACHINE = 8192 * MIB;
/** What Node tells without a limit. */
const NONE = 2 ** 64;

afterAll(removeCgroups);

function limitOf(files: Record<string, string>, told: number | undefined = NONE): number | undefined {
  return memoryLimit(told, (file) => files[file], MACHINE);
}

test.each([
  ['nothing to read, and nothing told', {}, 0, undefined],
  ['told 2^64', {}, NONE, undefined],
  ['told as much as the machine has', {}, MACHINE, undefined],
  ['told less', {}, 64 * MIB, 64 * MIB],
  ['a Node that tells nothing', {}, undefined, undefined],
])('%s', (_, files, told, limit) => {
  expect(memoryLimit(told, (file) => (files as Record<string, string>)[file], MACHINE)).toBe(limit);
});

test('version 1, whose own cgroup has no limit, but the one above it', () => {
  const files = {
    '/proc/self/cgroup': '9:name=systemd:/x\n4:cpu,memory:/a/b\n0::/\n',
    '/proc/self/mountinfo': `${V2_MOUNT}${V1_MOUNT}`,
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    '/sys/fs/cgroup/memory/a/memory.limit_in_bytes': `${64 * MIB}\n`,
    '/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes': '9223372036854771712\n',
  };
  expect(limitOf(files)).toBe(64 * MIB);
  expect(limitOf(files, 32 * MIB)).toBe(32 * MIB);
});

test('version 2', () => {
  const files = {
    '/proc/self/cgroup': '0::/user.slice/app.service\n',
    '/proc/self/mountinfo': V2_MOUNT,
    '/sys/fs/cgroup/user.slice/memory.max': 'max\n',
    '/sys/fs/cgroup/user.slice/app.service/memory.max': `${96 * MIB}\n`,
  };
  expect(limitOf(files)).toBe(96 * MIB);
});

test('in a container, which sees its own cgroup where the hierarchy is mounted', () => {
  const limit = { '/sys/fs/cgroup/memory.max': `${48 * MIB}\n` };
  const own = { '/proc/self/cgroup': '0::/\n', '/proc/self/mountinfo': V2_MOUNT };
  expect(limitOf({ ...limit, ...own })).toBe(48 * MIB);
  // Without a namespace of cgroups the file names the place on the host.
  const shared = {
    '/proc/self/cgroup': '0::/docker/0123\n',
    '/proc/self/mountinfo': V2_MOUNT.replace(' / ', ' /docker/0123 '),
  };
  expect(limitOf({ ...limit, ...shared })).toBe(48 * MIB);
  // Moved out of its namespace.
  expect(limitOf({ ...limit, ...own, '/proc/self/cgroup': '0::/../other\n' })).toBe(48 * MIB);
});

test('a hierarchy that is mounted more than once, and at a place with a space in its name', () => {
  const at = (root: string, point: string) => V2_MOUNT.replace(' / /sys/fs/cgroup', ` ${root} ${point}`);
  const files = {
    '/proc/self/cgroup': '0::/app\n',
    // Of another cgroup, of a part that this process is in, and of the whole.
    '/proc/self/mountinfo': at('/other', '/mnt/other') + at('/app', '/mnt/my\\040own') + V2_MOUNT,
    '/mnt/other/memory.max': `${16 * MIB}\n`,
    '/mnt/my own/memory.max': `${72 * MIB}\n`,
    '/sys/fs/cgroup/memory.max': 'max\n',
    '/sys/fs/cgroup/app/memory.max': `${96 * MIB}\n`,
  };
  expect(limitOf(files)).toBe(72 * MIB);
});

test('where nothing tells what the machine has, what is told counts', () => {
  const totalmem = jest.spyOn(os, 'totalmem').mockImplementation(() => {
    throw new Error('NotCapable');
  });
  const constrained = jest.spyOn(process, 'constrainedMemory').mockImplementation(() => {
    throw new Error('NotCapable');
  });
  const files: Record<string, string> = { '/proc/self/cgroup': '0::/\n', '/proc/self/mountinfo': V2_MOUNT };
  try {
    expect(memoryLimit(undefined, () => undefined)).toBeUndefined();
    expect(
      memoryLimit(undefined, (file) => ({ ...files, '/sys/fs/cgroup/memory.max': '65536\n' })[file]),
    ).toBe(65536);
    expect(totalmem).toHaveBeenCalledTimes(2);
    expect(constrained).toHaveBeenCalledTimes(2);
  } finally {
    totalmem.mockRestore();
    constrained.mockRestore();
  }
});

test('files that say something else are no limit', () => {
  for (const text of ['', 'max', '-1', '0', 'NaN', '\0\0', '1e999']) {
    const files = {
      '/proc/self/cgroup': '0::/\nrubbish\n::::\n',
      '/proc/self/mountinfo': `- - -\n${V2_MOUNT}`,
      '/sys/fs/cgroup/memory.max': text,
    };
    expect(limitOf(files)).toBeUndefined();
  }
});

test('of this process, in a cgroup made for it', () => {
  const folder = makeCgroup(mountOf('cgroup', 'memory'), `tapio-limit-${process.pid}`);
  const file = folder === undefined ? '' : path.join(folder, 'memory.limit_in_bytes');
  if (folder === undefined) return;
  fs.writeFileSync(file, String(80 * MIB));
  const [procs, before] = ['cgroup.procs', path.dirname(folder)];
  const home = /^\d+:[^:]*\bmemory\b[^:]*:(.*)$/m.exec(fs.readFileSync('/proc/self/cgroup', 'utf8'))![1];
  fs.writeFileSync(path.join(folder, procs), String(process.pid));
  try {
    expect(memoryLimit()).toBe(80 * MIB);
    // By the files alone.
    expect(memoryLimit(0)).toBe(80 * MIB);
  } finally {
    fs.writeFileSync(path.join(before, home, procs), String(process.pid));
  }
});
