/** Finds in a directory what has become of a file that is not at its path any more, or was cut there. */
import fs from 'node:fs';
import path from 'node:path';
import { FollowedFile } from './followed-file';

/** The first regular file, of those not open yet, that `is` recognises; it stays open. */
export function findFile(
  directory: string,
  isOpen: (key: string) => boolean,
  is: (file: FollowedFile) => boolean,
): FollowedFile | undefined {
  let names: string[];
  try {
    names = fs.readdirSync(directory);
  } catch {
    return undefined;
  }
  for (const name of names) {
    const file = tryOpen(path.join(directory, name), isOpen);
    if (!file) continue;
    if (is(file)) return file;
    file.close();
  }
  return undefined;
}

function tryOpen(file: string, isOpen: (key: string) => boolean): FollowedFile | undefined {
  try {
    const stat = fs.lstatSync(file, { bigint: true });
    return stat.isFile() && !isOpen(`${stat.dev}:${stat.ino}`) ? FollowedFile.open(file) : undefined;
  } catch {
    // It went away, or may not be read.
    return undefined;
  }
}
