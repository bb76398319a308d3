/** Shows the running collection: a table rewritten in place on a terminal, else a plain line each second. */
import { renderExports, renderLine, renderTable } from './live-table';
import type { StandardStream } from './output/standard-streams';
import type { Status, StatusSampler } from './status';

const TABLE_INTERVAL_MS = 500;
const LINE_INTERVAL_MS = 1000;
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';

/** What the display needs of a stream. */
export type DisplayStream = Pick<
  StandardStream,
  'columns' | 'rows' | 'isBehind' | 'print' | 'printFitted' | 'control'
>;

export class LiveDisplay {
  private timer: NodeJS.Timeout | undefined;
  private lines = 0;
  private readonly showCursor = (): void => this.out.control(SHOW_CURSOR);

  /** out: for the display. messages: for messages where there is no table. isTable: `out` is a terminal that can have one. */
  constructor(
    private readonly out: DisplayStream,
    private readonly messages: DisplayStream,
    private readonly isTable: boolean,
  ) {}

  start(status: StatusSampler): void {
    if (this.isTable) {
      this.out.control(HIDE_CURSOR);
      process.once('exit', this.showCursor);
    }
    const show = (): void => {
      // A reader that is slow gets fewer lines, not a queue of them.
      if (this.out.isBehind) return;
      if (this.isTable) this.draw(status);
      else this.printLines(status.sample());
    };
    this.timer = setInterval(show, this.isTable ? TABLE_INTERVAL_MS : LINE_INTERVAL_MS);
  }

  /** Leaves the last table where it is and gives the cursor back. Idempotent. */
  stop(): void {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = undefined;
    if (this.isTable) {
      process.off('exit', this.showCursor);
      this.showCursor();
    }
  }

  /** A line that stays, above the table. */
  message(text: string): void {
    if (this.lines > 0) {
      this.erase();
      this.out.print(text);
    } else {
      this.messages.print(text);
    }
  }

  private printLines(status: Status): void {
    this.out.print(renderLine(status), ...renderExports(status));
  }

  private draw(status: StatusSampler): void {
    const columns = this.out.columns - 1;
    const table = renderTable(status.sample(), columns, this.out.rows - 1);
    this.erase();
    this.out.printFitted(table, columns);
    this.lines = table.length;
  }

  /** Up to the first line of the table, and away with all from there on. */
  private erase(): void {
    if (this.lines > 0) this.out.control(`\x1b[${this.lines}A\x1b[1G\x1b[0J`);
    this.lines = 0;
  }
}
