/** Cgroups that tests make for their own processes. */
import fs from 'node:fs';
import path from 'node:path';

/** Where a hierarchy of this type is mounted; undefined where none is. */
export function mountOf(type: string, option: string): string | undefined {
  for (const line of fs.readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [left, right] = line.split(' - ');
    if (right?.startsWith(`${type} `) && right.split(/[ ,]/).includes(option)) return left.split(' ')[4];
  }
  return undefined;
}

/** Lines of mountinfo for the hierarchies of both versions. */
export const V1_MOUNT = '32 24 0:29 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n';
export const V2_MOUNT = '32 24 0:29 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n';

const made: string[] = [];
/** For afterAll: takes away what was made. */
export function removeCgroups(): void {
  for (const folder of made.splice(0).reverse()) fs.rmdirSync(folder);
}

/** Makes the directories of a cgroup below a mount point; undefined, and why, where that is not permitted. */
export function makeCgroup(mount: string | undefined, name: string): string | undefined {
  if (mount === undefined) {
    console.log('skipped: no such hierarchy of cgroups is mounted');
    return undefined;
  }
  let folder = mount;
  try {
    for (const part of name.split('/').filter((each) => each !== '')) {
      folder = path.join(folder, part);
      if (fs.existsSync(folder)) continue;
      fs.mkdirSync(folder);
      made.push(folder);
    }
    return folder;
  } catch (error) {
    console.log(`skipped: ${(error as Error).message}`);
    return undefined;
  }
}

const LIMITS = [
  ['cgroup', 'memory', 'memory.limit_in_bytes'],
  ['cgroup2', 'cgroup2', 'memory.max'],
] as const;

/**
 * Words that start a program, named by those after them, in a cgroup of so much memory, or in one below it that may have `below`; undefined,
 * and why, where none can be made.
 */
export function withMemory(bytes: number, below?: number): string[] | undefined {
  for (const [type, option, file] of LIMITS) {
    const mount = mountOf(type, option);
    const name = `tapio-memory-${process.pid}${below === undefined ? '' : '-above'}`;
    const folder = makeCgroup(mount, name);
    const limit = folder === undefined ? '' : path.join(folder, file);
    if (folder === undefined || !fs.existsSync(limit)) continue;
    fs.writeFileSync(limit, String(bytes));
    const inner = below === undefined ? folder : makeCgroup(mount, `${name}/below`)!;
    // In version 2 the one above has to hand the controller on; here its limit is enough.
    if (below !== undefined && fs.existsSync(path.join(inner, file)))
      fs.writeFileSync(path.join(inner, file), String(below));
    return ['sh', '-c', 'echo $$ > "$0/cgroup.procs" && exec "$@"', inner];
  }
  console.log('skipped: no cgroup with a limit of memory can be made here');
  return undefined;
}

/** Arguments of Node: starts the program after them as npm and npx do, and stays beside it with as many bytes and its engine. */
export function besideOf(bytes: number): string[] {
  const script = `
    const held = Buffer.alloc(${bytes}, 1);
    const [program, ...args] = process.argv.slice(1);
    const { status } = require('child_process').spawnSync(program, args, { stdio: 'inherit' });
    process.exitCode = held.length > 0 ? status : 0;
  `;
  return ['-e', script, '--'];
}
