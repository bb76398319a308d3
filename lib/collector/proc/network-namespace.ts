/** Which network namespace a process is in, without the permission to look into the process. */
import fs from 'node:fs';

/**
 * The inode of its table of TCP sockets: the kernel keeps one such file for each namespace while that lives, and shows it to
 * everybody. 'hidden' where something forbids it, undefined for a process that has ended.
 */
export function namespaceOf(directory: string): number | 'hidden' | undefined {
  try {
    return fs.statSync(`${directory}/net/tcp`, { throwIfNoEntry: false })?.ino;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EACCES' || code === 'EPERM' ? 'hidden' : undefined;
  }
}

/** As `lsns` shows it, for example `net:[4026531840]`; undefined where that may not be seen. */
export function namespaceName(directory: string): string | undefined {
  try {
    return fs.readlinkSync(`${directory}/ns/net`);
  } catch {
    return undefined;
  }
}
