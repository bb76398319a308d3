/** A file system of its own that is full after a few pages. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Why none can be mounted here; undefined where it can. */
export const smallDiskRefusal = ((): string | undefined => {
  try {
    withSmallDisk(4096, () => {});
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
})();

/** directory: on a disk of so many bytes, which is gone when `use` is done. */
function withSmallDisk(bytes: number, use: (directory: string) => void): void {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-disk-'));
  try {
    const options = ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', directory];
    const mount = spawnSync('mount', options, { encoding: 'utf8' });
    if (mount.status !== 0) throw new Error(`no tmpfs: ${mount.error?.message ?? mount.stderr.trim()}`);
    try {
      use(directory);
    } finally {
      spawnSync('umount', [directory]);
    }
  } finally {
    fs.rmdirSync(directory);
  }
}

/** A test on such a disk; where none can be mounted it says why, and does nothing. */
export function smallDiskTest(name: string, bytes: number, run: (directory: string) => void): void {
  if (smallDiskRefusal === undefined) test(name, () => withSmallDisk(bytes, run));
  else test(`${name} (skipped)`, () => console.log(`skipped: ${smallDiskRefusal}`));
}
