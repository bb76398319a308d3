/** A terminal's other screen, which keeps nothing of what is drawn on it, and is left however the program ends. */
import { fitFigures } from '../text/figures';
import { ignoredSignals } from '../signals/ignored-signals';
import type { StandardStream } from './standard-streams';
import { visible } from '../text/visible-text';

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const ERASE_LINE = '\x1b[K';
const ERASE_BELOW = '\x1b[J';

/** What it needs of a stream. */
export type ScreenStream = Pick<StandardStream, 'columns' | 'control' | 'isForeground' | 'onResize'>;

/** One for the process, which takes no keys. While that is stopped by Ctrl-Z, or in the background, the shell has the first screen. */
export class AlternateScreen {
  private isOpen = false;
  private isShown = false;
  private stopWatching = (): void => {};
  private readonly leave = (): void => {
    if (this.isShown) this.stream.control(LEAVE);
    this.isShown = false;
  };
  private readonly enter = (): void => {
    if (!this.stream.isForeground) return;
    this.isShown = true;
    this.stream.control(ENTER);
    this.redraw();
  };
  private readonly onSuspend = (): void => {
    this.leave();
    process.kill(process.pid, 'SIGSTOP');
  };

  /** redraw: is called when the screen is empty, or has another size. */
  constructor(
    private readonly stream: ScreenStream,
    private readonly redraw: () => void,
  ) {}

  open(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    process.on('exit', this.leave);
    // Before the error is printed, which would be lost with this screen.
    process.on('uncaughtExceptionMonitor', this.leave);
    // Nobody might be there to let it go on.
    if (!ignoredSignals().has('SIGTSTP')) process.on('SIGTSTP', this.onSuspend);
    process.on('SIGCONT', this.enter);
    this.stopWatching = this.stream.onResize(this.redraw);
    this.enter();
  }

  /** Idempotent. */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    process.off('exit', this.leave);
    process.off('uncaughtExceptionMonitor', this.leave);
    process.off('SIGTSTP', this.onSuspend);
    process.off('SIGCONT', this.enter);
    this.stopWatching();
    this.leave();
  }

  /** lines: fewer than there are rows. Text of them from outside is harmless, and what is too long is cut. */
  draw(lines: readonly string[]): void {
    // A shell that fetches a running job tells it nothing.
    if (this.isOpen && !this.isShown) return this.enter();
    if (!this.isShown) return;
    const columns = this.stream.columns - 1;
    const text = lines.map((line) => `${ERASE_LINE}${fitFigures(visible(line), columns)}\n`).join('');
    this.stream.control(`${HOME}${text}${ERASE_BELOW}`);
  }

  /** On the first screen, where it stays. */
  beneath(print: () => void): void {
    if (!this.isShown) return print();
    this.leave();
    print();
    this.enter();
  }
}
