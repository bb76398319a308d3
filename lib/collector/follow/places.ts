/** Where reading stands in each file, over restarts: what an earlier run has left, and what this one will leave. */
import path from 'node:path';
import type { FollowedFile, KnownPlace } from './followed-file';
import { PositionFile, type SavedPlace } from './position-file';

/** A file, the path at which it is followed, and from where the next run is to read it. */
export interface Standing {
  readonly path: string;
  readonly file: FollowedFile;
  readonly offset: number;
}

export class Places {
  private readonly file: PositionFile;
  /** Of earlier runs, of files that this one has not met. */
  private readonly unclaimed = new Map<string, SavedPlace>();
  private readonly knownPaths: ReadonlySet<string>;
  /** What was written last, by key. */
  private written: ReadonlyMap<string, SavedPlace>;

  /** Throws if the file is there and cannot be read as one. */
  constructor(file: string) {
    this.file = new PositionFile(file);
    const saved = this.file.load();
    for (const place of saved) this.unclaimed.set(keyOf(place), place);
    this.written = new Map(this.unclaimed);
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

  /** Drops a place whose file is a copy that is read already, from a place of its own. False if this is none. */
  dropCopied(file: FollowedFile, place: SavedPlace): boolean {
    return (
      file.mayBeCopyOf(place.path, place.headLength) &&
      file.holds(place) &&
      this.unclaimed.delete(keyOf(place))
    );
  }

  /** It stays known, as its file may be away for a while. */
  setTold(place: SavedPlace): void {
    this.unclaimed.set(keyOf(place), { ...place, isTold: true });
  }

  /** Whether an earlier run read a file at this path. */
  knows(path: string): boolean {
    return this.knownPaths.has(path);
  }

  /** Whether that is the file the places are kept in. */
  isOwn(name: string): boolean {
    return this.file.isOwn(name);
  }

  /** What an earlier run has not read to the end, as far as is known, and this one has not found; in the order of reading. */
  get missing(): SavedPlace[] {
    return [...this.unclaimed.values()];
  }

  /** How far the next run would find that this file has been read. */
  writtenOffset(file: FollowedFile): number {
    return this.written.get(file.key)?.offset ?? 0;
  }

  /** The places of this run. */
  of(standings: Iterable<Standing>): SavedPlace[] {
    const places = new Map(this.unclaimed);
    for (const standing of standings) {
      const { key } = standing.file;
      // A file that is not as it was read keeps its place until the cut is noticed, which that place will show.
      const place = saved(standing) ?? this.written.get(key);
      // Behind those whose files are read before it.
      places.delete(key);
      // An empty file cannot be told from another one.
      if (place && place.headLength > 0) places.set(key, place);
    }
    return [...places.values()];
  }

  /** Throws if the file cannot be written; the one before is whole then. */
  write(places: readonly SavedPlace[]): void {
    this.file.save(places, Date.now());
    this.written = new Map(places.map((place) => [keyOf(place), place]));
  }

  /** Writes where reading begins in files that the next run would not know of, and nothing else that is new; throws as `write`. */
  introduce(standings: readonly Standing[]): void {
    const places = new Map(this.written);
    for (const standing of standings) {
      const place = saved(standing);
      if (!place || place.headLength === 0) continue;
      places.set(standing.file.key, place);
      standing.file.isNew = false;
    }
    this.write([...places.values()]);
  }
}

function saved({ path: name, file, offset }: Standing): SavedPlace | undefined {
  const place = placeAt(file, offset);
  return (
    place && {
      path: path.resolve(name),
      location: file.location,
      device: `${file.device}`,
      inode: `${file.inode}`,
      ...place,
      seenAt: Date.now(),
    }
  );
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
