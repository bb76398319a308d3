/** Shows the running collection: a table rewritten in place on a terminal, else a plain line each second. */
import { cursorTo, moveCursor, clearScreenDown } from 'node:readline';
import type { WriteStream } from 'node:tty';
import { renderLine, renderTable } from './live-table';
import type { StatusSampler } from './status';

const TABLE_INTERVAL_MS = 500;
const LINE_INTERVAL_MS = 1000;
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';

export class LiveDisplay {
  private timer: NodeJS.Timeout | undefined;
  private lines = 0;
  private readonly showCursor = (): void => void this.out.write(SHOW_CURSOR);

  /** out: for the display. messages: for messages where `out` is no terminal. */
  constructor(
    private readonly out: WriteStream,
    private readonly messages: WriteStream,
  ) {}

  start(status: StatusSampler): void {
    const show = this.out.isTTY ? () => this.draw(status) : () => this.line(status);
    if (this.out.isTTY) {
      this.out.write(HIDE_CURSOR);
      process.once('exit', this.showCursor);
    }
    this.timer = setInterval(show, this.out.isTTY ? TABLE_INTERVAL_MS : LINE_INTERVAL_MS);
  }

  /** Leaves the last table where it is and gives the cursor back. Idempotent. */
  stop(): void {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = undefined;
    if (this.out.isTTY) {
      process.off('exit', this.showCursor);
      this.showCursor();
    }
  }

  /** A line that stays, above the table. */
  message(text: string): void {
    if (this.lines > 0) {
      this.erase();
      this.out.write(`${text}\n`);
    } else {
      this.messages.write(`${text}\n`);
    }
  }

  private line(status: StatusSampler): void {
    // A reader that is slow gets fewer lines, not a queue of them.
    if (!this.out.writableNeedDrain) this.out.write(`${renderLine(status.sample())}\n`);
  }

  private draw(status: StatusSampler): void {
    const table = renderTable(status.sample(), this.out.columns - 1, this.out.rows - 1);
    this.erase();
    this.out.write(`${table.join('\n')}\n`);
    this.lines = table.length;
  }

  private erase(): void {
    if (this.lines === 0) return;
    moveCursor(this.out, 0, -this.lines);
    cursorTo(this.out, 0);
    clearScreenDown(this.out);
    this.lines = 0;
  }
}
