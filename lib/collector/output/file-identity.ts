/** Which file an open descriptor is, whatever name or link it was opened by. */
import fs from 'node:fs';

export interface FileIdentity {
  /** For messages, for example `standard input`. */
  readonly name: string;
  readonly dev: bigint;
  readonly ino: bigint;
}

export const STANDARD_OUTPUTS = [
  [1, 'standard output'],
  [2, 'standard error'],
] as const;

/** undefined: not a file, so that what is written to it cannot be read back from it. */
export function fileIdentity(fd: number, name: string): FileIdentity | undefined {
  try {
    const stat = fs.fstatSync(fd, { bigint: true });
    return stat.isFile() ? { name, dev: stat.dev, ino: stat.ino } : undefined;
  } catch {
    return undefined;
  }
}

/** The one of `inputs` that the descriptor is, too. */
export function findInput(fd: number, inputs: readonly FileIdentity[]): FileIdentity | undefined {
  const file = inputs.length > 0 ? fileIdentity(fd, '') : undefined;
  return file && inputs.find(({ dev, ino }) => dev === file.dev && ino === file.ino);
}
