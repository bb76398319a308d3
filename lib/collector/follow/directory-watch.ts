/** The system's own notifications of what happens in directories. */
import fs from 'node:fs';
import path from 'node:path';

export class DirectoryWatch {
  /** Whether names have come or gone, or a directory is watched only since then. */
  namesChanged = false;
  private readonly watchers = new Map<string, fs.FSWatcher>();
  private changed = new Set<string>();
  private wake = (): void => {};

  /** cannot: told why a directory is not watched. */
  constructor(private readonly cannot: (directory: string, error: Error) => void) {}

  /** Watches these and no others. A directory that has taken the place of another one is watched anew. */
  set(directories: Iterable<string>): void {
    const wanted = new Map<string, string>();
    for (const directory of directories) {
      const stat = fs.statSync(directory, { throwIfNoEntry: false, bigint: true });
      if (stat?.isDirectory()) wanted.set(`${stat.dev}:${stat.ino}:${directory}`, directory);
    }
    for (const [key, watcher] of this.watchers) {
      if (wanted.has(key)) continue;
      watcher.close();
      this.watchers.delete(key);
    }
    for (const [key, directory] of wanted) {
      if (!this.watchers.has(key)) this.add(key, directory);
    }
  }

  /** Paths whose content changed since the last call. */
  takeChanged(): string[] {
    if (this.changed.size === 0) return [];
    const names = [...this.changed];
    this.changed = new Set();
    return names;
  }

  /** Resolves when something happens, when no time is left by `msLeft`, which is asked again then, or on abort. */
  async wait(msLeft: () => number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = withResolver();
    this.wake = resolve;
    const timer = setTimeout(resolve, Math.max(0, msLeft()));
    signal.addEventListener('abort', resolve);
    if (this.changed.size > 0 || signal.aborted) resolve();
    await promise;
    clearTimeout(timer);
    signal.removeEventListener('abort', resolve);
    this.wake = () => {};
  }

  close(): void {
    for (const watcher of this.watchers.values()) watcher.close();
    this.watchers.clear();
  }

  private add(key: string, directory: string): void {
    let watcher: fs.FSWatcher;
    try {
      watcher = fs.watch(directory);
    } catch (error) {
      this.cannot(directory, error as Error);
      return;
    }
    // What happened before is not told.
    this.namesChanged = true;
    watcher.on('change', (event, name) => {
      if (event === 'change' && name !== null) this.changed.add(path.join(directory, String(name)));
      else this.namesChanged = true;
      this.wake();
    });
    watcher.on('error', (error) => {
      watcher.close();
      this.watchers.delete(key);
      this.namesChanged = true;
      this.cannot(directory, error);
      this.wake();
    });
    this.watchers.set(key, watcher);
  }
}

function withResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
