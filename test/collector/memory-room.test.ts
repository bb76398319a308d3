/** What the cgroups of this process have left for it, by files as the kernel shows them; test/collector/memory-plan.test.ts does it in one. */
import childProcess from 'node:child_process';
import { promisify } from 'node:util';
import type * as RoomModule from '../../dist/collector/memory-room';
import { besideOf, removeCgroups, V1_MOUNT, V2_MOUNT, withMemory } from '../support/cgroups';
import { fileOf, internal } from './cli';

const { memoryRoom } = internal<typeof RoomModule>('memory-room');
const execFile = promisify(childProcess.execFile);

const MIB = 1 << 20;
/** This process has 8 MB. */
const own = {
  '/proc/self/smaps_rollup':
    '55d0c0a0d000-7ffd3b7fe000 ---p 00000000 00:00 0  [rollup]\nRss: 40000 kB\nAnonymous:    8192 kB\nAnonHugePages: 0 kB\n',
};

afterAll(removeCgroups);

function roomOf(limit: number | undefined, files: Record<string, string>): RoomModule.MemoryRoom | undefined {
  return memoryRoom(limit, (file) => files[file]);
}

test('version 2: anonymous memory and that of tmpfs, not what can be dropped', () => {
  const files = {
    ...own,
    '/proc/self/cgroup': '0::/pod/app\n',
    '/proc/self/mountinfo': V2_MOUNT,
    '/sys/fs/cgroup/pod/memory.max': 'max\n',
    '/sys/fs/cgroup/pod/memory.stat': `anon ${900 * MIB}\n`,
    '/sys/fs/cgroup/pod/app/memory.max': `${64 * MIB}\n`,
    '/sys/fs/cgroup/pod/app/memory.stat': `anon ${20 * MIB}\nfile ${30 * MIB}\nshmem ${3 * MIB}\nanon_thp ${6 * MIB}\ninactive_anon ${20 * MIB}\n`,
  };
  expect(roomOf(64 * MIB, files)).toEqual({ limit: 64 * MIB, others: 15 * MIB });
});

test('version 1: of those below it, too', () => {
  const files = {
    ...own,
    '/proc/self/cgroup': '4:memory:/a\n0::/\n',
    '/proc/self/mountinfo': `${V2_MOUNT}${V1_MOUNT}`,
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    '/sys/fs/cgroup/memory/a/memory.limit_in_bytes': `${80 * MIB}\n`,
    '/sys/fs/cgroup/memory/a/memory.stat': `cache ${MIB}\nrss ${9 * MIB}\nshmem 0\nrss_huge 0\ntotal_cache ${9 * MIB}\ntotal_rss ${30 * MIB}\ntotal_rss_huge ${2 * MIB}\ntotal_shmem ${MIB}\n`,
  };
  expect(roomOf(80 * MIB, files)).toEqual({ limit: 80 * MIB, others: 23 * MIB });
});

test('one above it with a larger limit, of which others leave less', () => {
  const files = {
    ...own,
    '/proc/self/cgroup': '0::/pod/app\n',
    '/proc/self/mountinfo': V2_MOUNT,
    '/sys/fs/cgroup/pod/memory.max': `${128 * MIB}\n`,
    '/sys/fs/cgroup/pod/memory.stat': `anon ${108 * MIB}\nshmem 0\n`,
    '/sys/fs/cgroup/pod/app/memory.max': `${64 * MIB}\n`,
    '/sys/fs/cgroup/pod/app/memory.stat': `anon ${10 * MIB}\nshmem 0\n`,
  };
  expect(roomOf(64 * MIB, files)).toEqual({ limit: 128 * MIB, others: 100 * MIB });
});

test('where it is not told, nobody holds any', () => {
  const files = {
    '/proc/self/cgroup': '0::/\n',
    '/proc/self/mountinfo': V2_MOUNT,
    '/sys/fs/cgroup/memory.max': `${64 * MIB}\n`,
  };
  const alone = { limit: 64 * MIB, others: 0 };
  expect(roomOf(64 * MIB, {})).toEqual(alone);
  expect(roomOf(64 * MIB, files)).toEqual(alone);
  expect(roomOf(64 * MIB, { ...files, ...own })).toEqual(alone);
  // Without what this process has of it.
  expect(roomOf(64 * MIB, { ...files, '/sys/fs/cgroup/memory.stat': `anon ${9 * MIB}\n` })).toEqual(alone);
  // Too little to tell.
  const little = { ...files, ...own, '/sys/fs/cgroup/memory.stat': `anon ${9 * MIB - 1}\n` };
  expect(roomOf(64 * MIB, little)).toEqual(alone);
  // It has what was charged elsewhere, before it was moved here.
  expect(roomOf(64 * MIB, { ...files, ...own, '/sys/fs/cgroup/memory.stat': 'anon 4096\n' })).toEqual(alone);
  expect(roomOf(undefined, { ...files, ...own })).toBeUndefined();
});

test.each([
  ['alone', 0],
  ['with another one beside it', 20],
])('of a process in a cgroup, %s', async (_, megabytes) => {
  const words = withMemory(128 * MIB);
  if (words === undefined) return;
  const script = `console.log(JSON.stringify(require(${JSON.stringify(fileOf('little-memory'))}).ROOM))`;
  const beside = megabytes === 0 ? [] : [process.execPath, ...besideOf(megabytes * MIB)];
  const [program, ...args] = [...words, ...beside, process.execPath, '-e', script];
  const { stdout } = await execFile(program, args);
  const { limit, others } = JSON.parse(stdout) as RoomModule.MemoryRoom;
  expect(limit).toBe(128 * MIB);
  // The engine of the other one takes some, too.
  expect(others).toBeGreaterThanOrEqual(megabytes * MIB);
  expect(others).toBeLessThan(megabytes === 0 ? 1 : (megabytes + 20) * MIB);
});
