/** The whole terminal for one program: its other screen, keys as they are pressed, and all of that given back however the program ends. */
import fs from 'node:fs';
import { stdout } from '../output/standard-streams';

/** The other screen, no cursor, no lines that go on in the next one. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const LEAVE = '\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const [INVERSE, PLAIN] = ['\x1b[7m', '\x1b[0m'];
const CTRL_C = '\x03';
const CTRL_Z = '\x1a';

export interface ScreenActions {
  key(key: string): void;
  /** The size is another one, or all must be drawn again. */
  redraw(): void;
}

export class FullScreen {
  private isOpen = false;
  private readonly input = process.stdin.isTTY ? process.stdin : undefined;
  private readonly restoreAtOnce = (): void => {
    if (!this.isOpen) return;
    this.isOpen = false;
    try {
      this.input?.setRawMode(false);
      fs.writeSync(1, LEAVE);
    } catch {
      // The terminal is gone.
    }
  };
  private readonly onData = (chunk: Buffer): void => this.read(chunk.toString('latin1'));
  private readonly onContinue = (): void => {
    this.enter();
    this.actions.redraw();
  };
  private readonly onResize = (): void => this.actions.redraw();

  constructor(private readonly actions: ScreenActions) {}

  open(): void {
    this.enter();
    this.input?.on('data', this.onData);
    process.stdout.on('resize', this.onResize);
    process.on('SIGCONT', this.onContinue);
    process.on('exit', this.restoreAtOnce);
    // Before the error is printed, which would be lost with the other screen.
    process.on('uncaughtExceptionMonitor', this.restoreAtOnce);
  }

  /** Idempotent. */
  close(): void {
    this.leave();
    this.input?.off('data', this.onData);
    process.stdout.off('resize', this.onResize);
    process.off('SIGCONT', this.onContinue);
    process.off('exit', this.restoreAtOnce);
    process.off('uncaughtExceptionMonitor', this.restoreAtOnce);
  }

  get columns(): number {
    return stdout.columns;
  }

  get rows(): number {
    return stdout.rows;
  }

  /** lines: as many as there are rows, without control characters. Left out while the terminal is behind. */
  draw(lines: readonly string[]): void {
    if (!this.isOpen || stdout.isBehind) return;
    const last = lines.length - 1;
    const shown = lines.map((line, row) => (row === 0 || row === last ? `${INVERSE}${line}${PLAIN}` : line));
    // Erased before it is written: behind a full line the cursor is still on its last cell.
    stdout.control(`${HOME}${shown.map((line) => `\x1b[K${line}`).join('\r\n')}`);
  }

  private enter(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.input?.setRawMode(true).resume();
    stdout.control(ENTER);
  }

  private leave(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.input?.setRawMode(false).pause();
    stdout.control(LEAVE);
  }

  private read(keys: string): void {
    // Arrows and the like; none has a meaning here.
    if (keys.startsWith('\x1b')) return;
    for (const key of keys) {
      if (key === CTRL_Z) void this.suspend();
      else this.actions.key(key === CTRL_C ? 'q' : key);
    }
  }

  private async suspend(): Promise<void> {
    this.leave();
    await stdout.output.drained();
    process.kill(process.pid, 'SIGTSTP');
  }
}
