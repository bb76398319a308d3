/** Events as lines of JSON to a file, a pipe or a terminal, and an exact count of those that got there whole. */
import { eventToJSON, type EventView, type UnifiedEvent } from '../../index';
import type { FileTarget } from '../output/file-target';
import type { OnFailure, Output } from '../output/output';
import { visibleJSON } from '../text/visible-text';
import { LinePieces, type Piece } from './line-pieces';
import type { Sink } from './sink';

const NEWLINE = 0x0a;

export class LineSink implements Sink {
  delivered = 0;
  lost = 0;
  lostBecause: string | undefined;
  private readonly pieces = new LinePieces();

  /** file: what the output writes to, which is then closed with the sink; undefined: a standard stream, or somebody else's. */
  constructor(
    private readonly output: Output,
    private readonly onFailure: OnFailure,
    private readonly file?: FileTarget,
    private readonly toLine: (event: UnifiedEvent) => string = eventToJSON,
  ) {
    output.onFailure(onFailure);
  }

  take(view: EventView): void {
    if (this.output.failure) {
      this.lose(1, this.output.failure);
      return;
    }
    let line: string;
    try {
      line = this.toLine(view.toEvent());
    } catch {
      // A value JSON has no form for (NaN).
      this.lost++;
      this.lostBecause ??= 'no form in JSON';
      return;
    }
    this.send(this.pieces.add(this.output.isTerminal ? visibleJSON(line) : line));
  }

  flush(): Promise<void> | undefined {
    this.send(this.pieces.rest());
    return this.output.room();
  }

  settled(): Promise<void> {
    return this.output.drained();
  }

  beside(): Sink {
    return new LineSink(this.output, () => {}, undefined, this.toLine);
  }

  giveUp(reason: string): void {
    this.output.abandon(new Error(reason));
  }

  reopen(tell: (text: string) => void): boolean {
    const { file } = this;
    if (!file?.canReopen) return false;
    this.output.replace(async (old) => {
      try {
        const writer = file.reopen();
        await this.closeFile(old);
        tell(`sink ${file.path}: opened anew`);
        return writer;
      } catch (error) {
        tell(`sink ${file.path}: not opened anew, the file of before is kept: ${(error as Error).message}`);
        return old;
      }
    });
    return true;
  }

  async close(): Promise<void> {
    await this.output.drained();
    if (this.file) await this.closeFile(this.output);
  }

  /** A remote file system may tell only now that it is full. */
  private async closeFile(file: Pick<Output, 'close'>): Promise<void> {
    await file.close().catch((error: Error) => this.onFailure(error, Buffer.alloc(0)));
  }

  private send(piece: Piece | undefined): void {
    if (piece === undefined) return;
    const { bytes, lines, release } = piece;
    this.output.write(bytes, (taken, error) => {
      const whole = error ? linesIn(bytes.subarray(0, taken)) : lines;
      this.delivered += whole;
      if (error) this.lose(lines - whole, error);
      release();
    });
  }

  private lose(count: number, error: NodeJS.ErrnoException): void {
    this.lost += count;
    this.lostBecause ??= this.output.isReaderGone ? 'reader gone' : (error.code ?? error.message);
  }
}

function linesIn(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}
