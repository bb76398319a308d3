/**
 * Binaries that a program names by an import, as `@tapio/performance/linux-x64`, so that its bundler finds them. What such an entry calls
 * is in a file of its own, since it must load before the rest of the package does.
 */

/** Loads the binary, or tells its path. Called for the platform that the process runs on only. */
export type StaticBinary = () => unknown;

const entries = new Map<string, StaticBinary>();

/** `name` is that of the subpath: `linux-x64`, `linux-x64-musl`. */
export function addStaticEntry(name: string, load: StaticBinary): void {
  entries.set(name, load);
}

export function staticEntry(name: string): StaticBinary | undefined {
  return entries.get(name);
}

export function staticEntryNames(): string[] {
  return [...entries.keys()];
}
