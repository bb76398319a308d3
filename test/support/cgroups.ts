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
