/**
 * Reads files as they grow, through renaming, cutting, removal and creation. One thread's. Waits for notifications
 * of the directories, and looks itself now and then. Reading goes on only when what was read has been taken.
 */
import path from 'node:path';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { FormatReader } from '../../formats';
import type { UnifiedEvent } from '../../index';
import type { NdjsonLine } from '../../event/ndjson-lines';
import { Failure } from '../command-line/command';
import { MEMORY } from '../memory-plan';
import { findEarlier } from './earlier-files';
import { FollowedFile } from './followed-file';
import { FollowedPath, type Origin } from './followed-path';
import { PathLookout } from './path-lookout';
import { Places, type Standing } from './places';
import { directoriesOf, findFile } from './rest-of-file';

const BATCH = 256;
/** A file that is at no path any more is let go when it has not grown for so long: its writer may not know yet. */
const LET_GO_MS = 5000;
/** Between two writes of the positions. */
const SAVE_MS = 1000;
/** How often readers are asked for what has waited long enough for further lines. */
const IDLE_MS = 1000;
/** How long reading waits for events to arrive at a sink that others keep busy, before the positions are written. */
const ARRIVE_MS = 5000;

export interface FollowSettings {
  readonly patterns: readonly string[];
  /** Where to begin in a file that is there at the start and whose position is not known; later ones are read whole. */
  readonly from: 'start' | 'end';
  /** Path of the position file. */
  readonly positions?: string;
  /** `device:inode` and absolute paths of files that must not be read: the run writes them. */
  readonly avoid: readonly string[];
}

/** Where lines go. */
export interface FollowTarget {
  openReader(path: string, onSkip: (reason: string) => void): FormatReader;
  /** Resolves when all of them are in the buffer. */
  deliver(events: readonly UnifiedEvent[], onBad: (index: number, error: Error) => void): Promise<void>;
  /** Told of each line that is no event. */
  malformed(origin: Origin, reason: string): void;
  /** Whether everything that was delivered is with the sink; waits until that is known. */
  arrived(): Promise<boolean>;
  tell(text: string): void;
}

export class Follower {
  private readonly lookout: PathLookout;
  private readonly places: Places | undefined;
  private readonly files = new Map<string, FollowedFile>();
  /** By the path at which the first of its files was found. */
  private readonly followed = new Map<string, FollowedPath>();
  /** Opened at the start, and unknown by device and inode. */
  private fresh: FollowedFile[] = [];
  private readonly buffer = Buffer.allocUnsafe(MEMORY.pieceBytes);
  private savedAt = performance.now();
  private idledAt = performance.now();
  private hasUnsaved = false;
  /** Why the positions could not be written the last time. */
  private saveFailure: string | undefined;
  /** The line that a reader is at. */
  private current: Origin | undefined;

  /** Throws if the position file is none. */
  constructor(
    private readonly settings: FollowSettings,
    private readonly target: FollowTarget,
  ) {
    this.places = settings.positions === undefined ? undefined : new Places(settings.positions);
    this.lookout = new PathLookout(settings.patterns, (text) => target.tell(text));
  }

  /** Opens what is there: the end of a file that is read from its end is where it ends now. */
  begin(): void {
    this.look(true);
    this.findMissing();
    this.fresh = [];
    // Nothing is taken of a file that the next run would not know of.
    this.write((places) => places.write(places.of(this.standings())));
  }

  /** Runs until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.lookout.isDue) this.look(false);
      else this.notice(this.lookout.takeChanged());
      const progressed = await this.turn(signal);
      await this.letGo();
      await this.takeIdle();
      if (this.saveDue() <= performance.now()) await this.save();
      if (progressed) await nextTurn();
      else await this.lookout.wait(this.dueAt(), signal);
    }
    // With positions, the next run reads the lines again of what is held.
    if (this.places) await this.save();
    else for (const followed of this.followed.values()) await this.endReader(followed);
    if (this.saveFailure !== undefined) throw new Failure(this.saveFailure);
  }

  close(): void {
    this.lookout.close();
    for (const file of this.files.values()) file.close();
    this.files.clear();
  }

  private look(isFirst: boolean): void {
    const found = this.lookout.look(
      (key) => this.files.get(key),
      (file) => this.open(file, isFirst),
    );
    const now = performance.now();
    for (const file of this.files.values()) {
      file.mayHaveMore = true;
      if (found.has(file)) file.leftAt = undefined;
      else file.leftAt ??= now;
    }
    // It may be renamed, and this run killed, before there is time to read it.
    if (!isFirst) this.introduce(this.fresh.splice(0));
  }

  private notice(changed: readonly string[]): void {
    if (changed.length === 0) return;
    for (const name of changed) {
      const file = this.lookout.fileAt(name);
      if (file) file.mayHaveMore = true;
    }
    // One that has left its path changes under a name that is not known.
    for (const file of this.files.values()) if (file.leftAt !== undefined) file.mayHaveMore = true;
  }

  /** Throws if it cannot be read. */
  private open(name: string, isFirst: boolean): FollowedFile {
    const file = FollowedFile.open(name);
    const open = this.files.get(file.key);
    if (open || this.mustAvoid(file)) {
      file.close();
      if (open) return open;
      throw new Error('is written by this run: not read');
    }
    if (!this.places?.claim(file)) {
      this.fresh.push(file);
      if (isFirst && this.settings.from === 'end' && !this.places?.knows(name)) file.skipToEnd();
    }
    this.pathOf(name).files.push(file);
    this.files.set(file.key, file);
    this.hasUnsaved = true;
    return file;
  }

  /** What was rotated away since an earlier run is read to its end, if it is found again. */
  private findMissing(): void {
    const { places, fresh, files: open, target } = this;
    if (!places) return;
    const missing = places.missing.filter((place) => this.lookout.matches(place.path));
    const found = findEarlier(missing, {
      places,
      fresh,
      open,
      find: (place, mayBe, is) => this.findFile(directoriesOf(place), mayBe, is),
    });
    for (const { place, file } of found) {
      if (file) {
        this.readBefore(place.path, file);
      } else if (!place.isTold) {
        const where = directoriesOf(place)
          .map((directory) => JSON.stringify(directory))
          .join(' or ');
        target.tell(
          `${JSON.stringify(place.path)}: the file that was read up to byte ${place.offset} by an earlier run ` +
            `is not in ${where} any more: what it held behind that is not read`,
        );
        places.setTold(place);
      }
    }
  }

  private mustAvoid({ key, path: name }: FollowedFile): boolean {
    const { avoid } = this.settings;
    return avoid.includes(key) || avoid.includes(path.resolve(name)) || (this.places?.isOwn(name) ?? false);
  }

  private findFile(
    directories: readonly string[],
    mayBe: (key: string) => boolean,
    is: (file: FollowedFile) => boolean,
  ): FollowedFile | undefined {
    return findFile(
      directories,
      (key) => !this.files.has(key) && mayBe(key),
      (file) => !this.mustAvoid(file) && is(file),
    );
  }

  /** Puts a file that has left a path before the ones that are there, or before one of them. */
  private readBefore(name: string, file: FollowedFile, next?: FollowedFile): void {
    const { files } = this.pathOf(name);
    const at = files.findIndex((each) => (next ? each === next : each.leftAt === undefined));
    files.splice(at < 0 ? files.length : at, 0, file);
    this.files.set(file.key, file);
    file.leftAt = performance.now();
  }

  private pathOf(name: string): FollowedPath {
    let followed = this.followed.get(name);
    if (!followed) {
      const reader = this.target.openReader(name, (reason) => this.target.malformed(this.current!, reason));
      this.followed.set(name, (followed = new FollowedPath(reader)));
    }
    return followed;
  }

  /** Reads a part of each path's next file; whether there was any. */
  private async turn(signal: AbortSignal): Promise<boolean> {
    let progressed = false;
    for (const [name, followed] of this.followed) {
      const file = followed.next;
      if (!file || signal.aborted) continue;
      progressed = true;
      try {
        const lines = file.read(this.buffer);
        // Empty, it could not be known again.
        if (file.isNew && file.offset > 0) this.introduce([file]);
        if (lines === 'cut') await this.startOver(name, followed, file);
        else await this.deliver(followed, file, lines);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
        file.mayHaveMore = false;
        this.lookout.tellOnce(file.path, (error as Error).message);
      }
    }
    return progressed;
  }

  /** The file was cut, perhaps after it was copied: what had not been read is in the copy. */
  private async startOver(name: string, followed: FollowedPath, file: FollowedFile): Promise<void> {
    const copy = this.findFile(
      directoriesOf(file),
      () => true,
      (other) => other.resumeAfter(file),
    );
    if (copy) this.readBefore(name, copy, file);
    else await this.deliver(followed, file, file.readTornLine());
    followed.replaceRecent(file, copy);
    const offset = this.places?.writtenOffset(file) ?? 0;
    file.startOver();
    this.hasUnsaved = true;
    this.write((places) =>
      places.introduce([
        ...(copy ? [{ path: name, file: copy, offset }] : []),
        { path: name, file, offset: 0 },
      ]),
    );
  }

  private async deliver(
    followed: FollowedPath,
    file: FollowedFile,
    lines: readonly NdjsonLine[],
  ): Promise<void> {
    for (let start = 0; start < lines.length; start += BATCH) {
      const batch = lines.slice(start, start + BATCH);
      const events: UnifiedEvent[] = [];
      const origins: Origin[] = [];
      for (const line of batch) {
        const origin = (this.current = { path: file.path, line });
        if (line.text === undefined) {
          this.target.malformed(origin, `longer than ${file.maxLineBytes} bytes`);
          continue;
        }
        for (const event of followed.push(file, line.start, line.text)) {
          events.push(event);
          origins.push(origin);
        }
      }
      await this.put(events, origins);
      followed.forgetRecent();
      file.accepted = batch.at(-1)!.end;
      this.hasUnsaved = true;
    }
  }

  private async put(events: readonly UnifiedEvent[], origins: readonly Origin[]): Promise<void> {
    await this.target.deliver(events, (index, error) =>
      this.target.malformed(origins[index] ?? this.current!, error.message),
    );
  }

  /** Takes what has waited long enough for further lines. */
  private async takeIdle(): Promise<void> {
    if (performance.now() < this.idleDue()) return;
    this.idledAt = performance.now();
    for (const followed of this.followed.values()) {
      if (followed.reader.held === 0) continue;
      await this.put(followed.reader.idle(), []);
      followed.forgetRecent();
      this.hasUnsaved = true;
    }
  }

  private idleDue(): number {
    const isWaiting = [...this.followed.values()].some(({ reader }) => reader.held > 0);
    return isWaiting ? this.idledAt + IDLE_MS : Infinity;
  }

  private async endReader(followed: FollowedPath): Promise<void> {
    await this.put(followed.reader.end(), []);
  }

  /** Lets files go that have left their paths and do not grow any more. */
  private async letGo(): Promise<void> {
    const now = performance.now();
    for (const [name, followed] of this.followed) {
      for (const file of followed.files.filter((each) => letGoAt(each) <= now)) {
        await this.deliver(followed, file, file.readTornLine());
        file.close();
        this.files.delete(file.key);
        followed.files.splice(followed.files.indexOf(file), 1);
        this.hasUnsaved = true;
      }
      if (followed.files.length > 0) continue;
      await this.endReader(followed);
      this.followed.delete(name);
    }
  }

  private saveDue(): number {
    return this.places && this.hasUnsaved ? this.savedAt + SAVE_MS : Infinity;
  }

  private dueAt(): number {
    const letGo = [...this.files.values()].filter(({ leftAt }) => leftAt !== undefined).map(letGoAt);
    return Math.min(this.saveDue(), this.idleDue(), ...letGo);
  }

  /** Writes the positions of what is with the sink: of a run that is killed, the next one misses nothing. */
  private async save(): Promise<void> {
    this.savedAt = performance.now();
    if (!this.places || !this.hasUnsaved) return;
    this.hasUnsaved = false;
    const places = this.places.of(this.standings());
    const arrived = await Promise.race([this.target.arrived(), delay(ARRIVE_MS, false, { ref: false })]);
    if (arrived) this.write((own) => own.write(places));
    else this.hasUnsaved = true;
    this.savedAt = performance.now();
  }

  /** Makes files known to the next run, of which nothing has been taken yet. */
  private introduce(files: readonly FollowedFile[]): void {
    const known = new Set(this.places && files.filter(({ isNew }) => isNew));
    if (known.size === 0) return;
    this.write((places) => places.introduce([...this.standings()].filter(({ file }) => known.has(file))));
  }

  private write(write: (places: Places) => void): void {
    const { places, settings } = this;
    if (!places) return;
    try {
      write(places);
      this.saveFailure = undefined;
    } catch (error) {
      this.hasUnsaved = true;
      const reason = `positions are not written: ${(error as Error).message}`;
      this.saveFailure = `${JSON.stringify(settings.positions)}: ${reason}`;
      this.lookout.tellOnce(settings.positions!, reason);
    }
  }

  private *standings(): Generator<Standing> {
    for (const [name, followed] of this.followed) {
      for (const file of followed.files) yield { path: name, file, offset: followed.safeOffset(file) };
    }
  }
}

function letGoAt({ leftAt, grewAt, mayHaveMore }: FollowedFile): number {
  return leftAt === undefined || mayHaveMore ? Infinity : Math.max(leftAt, grewAt) + LET_GO_MS;
}
