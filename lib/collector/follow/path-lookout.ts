/** What is at the paths that some patterns stand for, found by notifications and by looking. */
import fs from 'node:fs';
import path from 'node:path';
import { DirectoryWatch } from './directory-watch';
import type { FollowedFile } from './followed-file';
import { Glob } from './glob';

/** Between two looks without a notification: network file systems tell nothing of what other hosts do. */
const LOOK_MS = 2000;
/** At most this share of a core goes into looking, however many paths there are. */
const MAX_CORE_SHARE = 0.05;

export class PathLookout {
  private readonly globs: Glob[];
  private readonly watch: DirectoryWatch;
  /** By every path under which a notification may name them. */
  private byPath = new Map<string, FollowedFile>();
  /** What was told of a path last, not to be told again. */
  private readonly told = new Map<string, string>();
  private lookedAt = -Infinity;
  private lookTookMs = 0;

  constructor(
    patterns: readonly string[],
    private readonly tell: (text: string) => void,
  ) {
    this.globs = patterns.map((pattern) => new Glob(pattern));
    this.watch = new DirectoryWatch((directory, error) =>
      this.tellOnce(directory, `is looked at every ${LOOK_MS / 1000} s, not watched: ${error.message}`),
    );
  }

  /** Whether it is time to look: names came or went, or a while has passed. */
  get isDue(): boolean {
    return performance.now() >= this.lookDue();
  }

  /** Paths whose content changed since the last call. */
  takeChanged(): string[] {
    return this.watch.takeChanged();
  }

  fileAt(name: string): FollowedFile | undefined {
    return this.byPath.get(name);
  }

  matches(name: string): boolean {
    return this.globs.some((glob) => glob.matches(name));
  }

  /** Files that are at the paths now. `known` gives one that is open, `open` opens another, or throws. */
  look(
    known: (key: string) => FollowedFile | undefined,
    open: (name: string) => FollowedFile,
  ): Set<FollowedFile> {
    const began = performance.now();
    const found = new Set<FollowedFile>();
    const directories = new Set<string>();
    this.watch.takeChanged();
    this.watch.namesChanged = false;
    this.byPath = new Map();
    for (const glob of this.globs) {
      const expansion = glob.expand();
      for (const directory of expansion.directories) directories.add(directory);
      if (expansion.paths.length === 0 && this.lookedAt === -Infinity) {
        this.tell(`${JSON.stringify(glob.pattern)}: nothing there yet`);
      }
      for (const name of expansion.paths) {
        const file = this.fileNow(name, known, open);
        // Under a second path, or by a second pattern.
        if (!file || found.has(file)) continue;
        found.add(file);
        file.path = name;
        this.byPath.set(name, file);
        const real = realPath(name);
        this.byPath.set(real, file);
        directories.add(path.dirname(real));
      }
    }
    this.watch.set(directories);
    this.lookedAt = performance.now();
    this.lookTookMs = this.lookedAt - began;
    return found;
  }

  /** Until something changes, or the time `until` by performance.now(), or the next look is due. */
  async wait(until: number, signal: AbortSignal): Promise<void> {
    await this.watch.wait(() => Math.min(until, this.lookDue()) - performance.now(), signal);
  }

  /** Tells what is the matter with a path, but not the same twice in a row. */
  tellOnce(name: string, problem: string): void {
    if (this.told.get(name) === problem) return;
    this.told.set(name, problem);
    this.tell(`${JSON.stringify(name)}: ${problem}`);
  }

  close(): void {
    this.watch.close();
  }

  private lookDue(): number {
    const rest = this.lookTookMs / MAX_CORE_SHARE;
    return this.lookedAt + (this.watch.namesChanged ? rest : Math.max(LOOK_MS, rest));
  }

  private fileNow(
    name: string,
    known: (key: string) => FollowedFile | undefined,
    open: (name: string) => FollowedFile,
  ): FollowedFile | undefined {
    try {
      const { dev, ino } = fs.statSync(name, { bigint: true });
      const file = known(`${dev}:${ino}`) ?? open(name);
      this.told.delete(name);
      return file;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') this.tellOnce(name, message);
      return undefined;
    }
  }
}

function realPath(name: string): string {
  try {
    return fs.realpathSync(name);
  } catch {
    return name;
  }
}
