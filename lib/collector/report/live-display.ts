/** Shows the running collection: a table on a screen of its own on a terminal, else a plain line each second. */
import { renderExports, renderLine, renderTable } from './live-table';
import { AlternateScreen } from '../output/alternate-screen';
import type { StandardStream } from '../output/standard-streams';
import type { Status, StatusSampler } from './status';

const TABLE_INTERVAL_MS = 500;
const LINE_INTERVAL_MS = 1000;
/** Of the terminal's rows, the latest messages take one in so many. */
const ROWS_OF_A_MESSAGE = 8;

/** What the display needs of a stream. */
export type DisplayStream = Pick<
  StandardStream,
  'columns' | 'rows' | 'isBehind' | 'print' | 'printFitted' | 'control' | 'isForeground' | 'onResize'
>;

export class LiveDisplay {
  private timer: NodeJS.Timeout | undefined;
  private status: Status | undefined;
  private told: string[] = [];
  private readonly screen: AlternateScreen;

  /** out: for the display. messages: for messages where there is no table. isTable: `out` is a terminal that can have one. */
  constructor(
    private readonly out: DisplayStream,
    private readonly messages: DisplayStream,
    private readonly isTable: boolean,
  ) {
    this.screen = new AlternateScreen(out, () => this.draw());
  }

  start(sampler: StatusSampler): void {
    if (this.isTable) this.screen.open();
    const show = (): void => {
      // A reader that is slow gets fewer lines, not a queue of them.
      if (this.out.isBehind) return;
      this.status = sampler.sample();
      if (this.isTable) this.draw();
      else this.out.print(renderLine(this.status), ...renderExports(this.status));
    };
    this.timer = setInterval(show, this.isTable ? TABLE_INTERVAL_MS : LINE_INTERVAL_MS);
  }

  /** Gives the terminal back, with the last table behind the messages. Idempotent. */
  stop(): void {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.screen.close();
    if (this.isTable) this.out.printFitted(this.table(), this.out.columns - 1);
  }

  /** A line that stays. */
  message(text: string): void {
    if (!this.isTable) return this.messages.print(text);
    this.told.push(text);
    this.screen.beneath(() => (this.timer ? this.out : this.messages).print(text));
  }

  private draw(): void {
    const rows = this.out.rows - 1;
    this.told = this.told.slice(-Math.ceil(rows / ROWS_OF_A_MESSAGE));
    this.screen.draw([...this.told, ...this.table(this.told.length)].slice(0, rows));
  }

  /** besides: rows that others take. */
  private table(besides = 0): string[] {
    const { columns, rows } = this.out;
    return this.status ? renderTable(this.status, columns - 1, rows - 1 - besides) : [];
  }
}
