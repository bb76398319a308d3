/** Where reading stands in each file, over restarts: what an earlier run has left, and what this one will leave. */
import path from 'node:path';
import type { FollowedFile, KnownPlace } from './followed-file';
import { PositionFile, type SavedPlace } from './position-file';

export class Places {
  private readonly file: PositionFile;
  /** Of earlier runs, of files that this one has not met. */
  private readonly unclaimed = new Map<string, SavedPlace>();
  private readonly knownPaths: ReadonlySet<string>;
  /** What was written last, by key. */
  private written: ReadonlyMap<string, SavedPlace> = new Map();

  /** Throws if the file is there and cannot be read as one. */
  constructor(file: string) {
    this.file = new PositionFile(file);
    const saved = this.file.load();
    for (const place of saved) this.unclaimed.set(keyOf(place), place);
    this.knownPaths = new Set(saved.map((place) => place.path));
  }

  /** Goes on in a file where an earlier run stopped. False if none has read it, or it is not the same any more. */
  claim(file: FollowedFile): boolean {
    const place = this.unclaimed.get(file.key);
    return place !== undefined && file.resume(place) && this.unclaimed.delete(file.key);
  }

  /** The same by the content alone: the file may be a copy. */
  claimCopy(file: FollowedFile, place: SavedPlace): boolean {
    return (
      file.mayBeCopyOf(place.path, place.headLength) &&
      file.resume(place) &&
      this.unclaimed.delete(keyOf(place))
    );
  }

  /** Whether an earlier run read a file at this path. */
  knows(path: string): boolean {
    return this.knownPaths.has(path);
  }

  /** Whether that is the file the places are kept in. */
  isOwn(name: string): boolean {
    return this.file.isOwn(name);
  }

  /** What an earlier run has not read to the end, as far as is known, and this one has not found. */
  get missing(): SavedPlace[] {
    return [...this.unclaimed.values()];
  }

  /** The places of this run. */
  of(files: Iterable<{ file: FollowedFile; offset: number }>): SavedPlace[] {
    const places = new Map(this.unclaimed);
    const seenAt = Date.now();
    for (const { file, offset } of files) {
      const place = placeAt(file, offset);
      // An empty file cannot be told from another one.
      if (place?.headLength === 0) continue;
      const { device, inode } = file;
      const saved = place && {
        path: path.resolve(file.path),
        device: `${device}`,
        inode: `${inode}`,
        ...place,
        seenAt,
      };
      // A file that is not as it was read keeps its place until the cut is noticed, which that place will show.
      const kept = saved ?? this.written.get(file.key);
      if (kept) places.set(file.key, kept);
    }
    return [...places.values()];
  }

  /** Throws if the file cannot be written; the one before is whole then. */
  write(places: readonly SavedPlace[]): void {
    this.file.save(places, Date.now());
    this.written = new Map(places.map((place) => [keyOf(place), place]));
  }
}

function placeAt(file: FollowedFile, offset: number): KnownPlace | undefined {
  try {
    return file.placeAt(offset);
  } catch {
    // It cannot be read at the moment.
    return undefined;
  }
}

/** As of FollowedFile. */
export function keyOf({ device, inode }: SavedPlace): string {
  return `${device}:${inode}`;
}
