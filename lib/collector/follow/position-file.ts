/**
 * How far files have been read, kept over restarts in a file of JSON. It is replaced as a whole: whoever reads it,
 * after a crash too, finds the old state or the new one.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { KnownPlace } from './followed-file';
import { messageOf } from '../text/message-of';

export interface SavedPlace extends KnownPlace {
  /** The path at which it is followed, also when it has left that. */
  readonly path: string;
  /** Where it lay, links followed. */
  readonly location?: string;
  /** That it was not found again has been told. */
  readonly isTold?: boolean;
  /** Decimal: both may exceed what a number holds. */
  readonly device: string;
  readonly inode: string;
  /** When the file was last followed, in ms since the Unix epoch. */
  readonly seenAt: number;
}

const VERSION = 1;
/** Places of files that are not found again are forgotten after this time. */
const KEEP_MS = 7 * 24 * 3600 * 1000;

export class PositionFile {
  private readonly file: string;
  private readonly temporary: string;
  private written = '';

  constructor(file: string) {
    this.file = fs.existsSync(file) ? fs.realpathSync(file) : path.resolve(file);
    this.temporary = `${this.file}.tmp`;
  }

  isOwn(name: string): boolean {
    return [this.file, this.temporary].includes(path.resolve(name));
  }

  /** Nothing if there is no such file. Throws if it is there and no position file: to start over is for a user to decide. */
  load(): SavedPlace[] {
    let text: string;
    try {
      text = fs.readFileSync(this.file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
    try {
      const { version, files } = JSON.parse(text) as { version: unknown; files: unknown };
      if (version !== VERSION) throw new Error(`version ${JSON.stringify(version)} is not ${VERSION}`);
      if (!Array.isArray(files) || !files.every(isSavedPlace)) throw new Error('no list of places');
      return files;
    } catch (error) {
      const reason = messageOf(error);
      throw new Error(`${this.file} is no position file (${reason}); without it, reading starts over`, {
        cause: error,
      });
    }
  }

  /** Throws if it cannot be read, or not as much written beside it as it holds. */
  check(): void {
    const text = JSON.stringify(this.load());
    try {
      this.writeTemporary(text.padEnd(4096));
    } catch (error) {
      throw new Error(`positions cannot be written: ${(error as Error).message}`, { cause: error });
    } finally {
      fs.rmSync(this.temporary, { force: true });
    }
  }

  /** Writes nothing if nothing changed but the time. */
  save(places: readonly SavedPlace[], now: number): void {
    const kept = places.filter(({ seenAt }) => now - seenAt < KEEP_MS);
    const identity = JSON.stringify(kept.map((place) => ({ ...place, seenAt: 0 })));
    if (identity === this.written) return;
    const lines = kept.map((place) => JSON.stringify(place)).join(',\n');
    this.writeTemporary(`{"version":${VERSION},"files":[\n${lines}\n]}\n`);
    fs.renameSync(this.temporary, this.file);
    this.written = identity;
  }

  private writeTemporary(text: string): void {
    const fd = fs.openSync(this.temporary, 'w', 0o600);
    try {
      fs.writeFileSync(fd, text);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  }
}

function isSavedPlace(value: unknown): value is SavedPlace {
  const place = value as Partial<Record<keyof SavedPlace, unknown>> | null;
  return (
    typeof place === 'object' &&
    place !== null &&
    [place.path, place.device, place.inode, place.digest].every((field) => typeof field === 'string') &&
    ['string', 'undefined'].includes(typeof place.location) &&
    [place.offset, place.headLength, place.seenAt].every(
      (field) => Number.isSafeInteger(field) && Number(field) >= 0,
    )
  );
}
