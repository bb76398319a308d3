/** What a binary must be made for to load here, as `linux-x64-musl`, and the names of the files that are. */
import { type Libc, runningLibc } from './libc';

const FILE = '@tapio+performance';

export interface Target {
  /** Node's names of the platform and of the processor. */
  readonly system: string;
  readonly libc: Libc | undefined;
}

export function runningTarget(): Target {
  return { system: `${process.platform}-${process.arch}`, libc: runningLibc() };
}

export function describeTarget({ system, libc }: Target): string {
  return libc === undefined ? system : `${system} with ${libc}`;
}

/** By the C library: the file made for it comes first. What musl loads needs no library, so that glibc may load it too. */
const TAGS = { glibc: ['.glibc', '', '.musl'], musl: ['.musl', ''], none: [''] };

/** Below a folder `prebuilds`. */
export function prebuiltNames({ system, libc }: Target): string[] {
  return TAGS[libc ?? 'none'].map((tag) => `${system}/${FILE}${tag}.node`);
}

/** The static entries that serve a target: `linux-x64` is the one for glibc, or for all. */
export function entryNames({ system, libc }: Target): string[] {
  return libc === 'musl' ? [`${system}-musl`, system] : [system];
}
