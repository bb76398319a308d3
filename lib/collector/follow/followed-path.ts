/**
 * The lines of one path in order, whatever files were there one after the other: a rotated one is read to its end
 * before the one that took its place, and an event whose lines are in both is one event.
 */
import type { FormatReader } from '../../formats';
import type { UnifiedEvent } from '../../index';
import type { NdjsonLine } from '../../event/ndjson-lines';
import type { FollowedFile } from './followed-file';

/** Where an event or a complaint comes from. */
export interface Origin {
  readonly path: string;
  readonly line: NdjsonLine;
}

export class FollowedPath {
  /** The oldest first. */
  readonly files: FollowedFile[] = [];
  /** Of the last lines, at least those that the reader holds. */
  private recent: { file: FollowedFile; start: number }[] = [];

  constructor(readonly reader: FormatReader) {}

  /** The one to read from next. */
  get next(): FollowedFile | undefined {
    return this.files.find(({ mayHaveMore }) => mayHaveMore);
  }

  /** A line of the file, and where it begins there. */
  push(file: FollowedFile, start: number, text: string): UnifiedEvent[] {
    const events = this.reader.push(text);
    if (this.reader.held > 0) this.recent.push({ file, start });
    return events;
  }

  /** What is held needs no place any more but that of its oldest line. */
  forgetRecent(): void {
    this.recent = this.recent.slice(Math.max(0, this.recent.length - this.reader.held));
  }

  /** A file was cut: what is held of it stands in the copy, or nowhere any more. */
  replaceRecent(file: FollowedFile, copy: FollowedFile | undefined): void {
    this.recent = this.recent.flatMap((line) => {
      if (line.file !== file) return [line];
      return copy ? [{ ...line, file: copy }] : [];
    });
  }

  /** From where to read again after a restart, so that no event is missed. */
  safeOffset(file: FollowedFile): number {
    return this.recent.find((line) => line.file === file)?.start ?? file.accepted;
  }
}
