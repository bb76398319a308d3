/** Finds what has become of a file that is not at its path any more, or was cut there. */
import fs from 'node:fs';
import path from 'node:path';
import { FollowedFile } from './followed-file';

/** Directories in which it may lie: that of its path, and that in which it was last. */
export function directoriesOf({ path: name, location }: { path: string; location?: string }): string[] {
  return [...new Set([name, location ?? name].map((file) => path.dirname(path.resolve(file))))];
}

/** The first regular file, of those whose `device:inode` may be it, that `is` recognises; it stays open. */
export function findFile(
  directories: readonly string[],
  mayBe: (key: string) => boolean,
  is: (file: FollowedFile) => boolean,
): FollowedFile | undefined {
  for (const directory of directories) {
    for (const name of namesIn(directory)) {
      const file = tryOpen(path.join(directory, name), mayBe);
      if (!file) continue;
      if (is(file)) return file;
      file.close();
    }
  }
  return undefined;
}

function namesIn(directory: string): string[] {
  try {
    return fs.readdirSync(directory);
  } catch {
    return [];
  }
}

function tryOpen(file: string, mayBe: (key: string) => boolean): FollowedFile | undefined {
  try {
    const stat = fs.lstatSync(file, { bigint: true });
    return stat.isFile() && mayBe(`${stat.dev}:${stat.ino}`) ? FollowedFile.open(file) : undefined;
  } catch {
    // It went away, or may not be read.
    return undefined;
  }
}
