/** A terminal as people have it: tmux keeps what scrolls out, and folds lines when it gets narrower. */
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const { status, error } = spawnSync('tmux', ['-V']);
const refusal = status === 0 ? undefined : `no tmux: ${error?.message ?? `exit code ${status}`}`;

/** A test that needs tmux; where there is none it says why, and does nothing. */
export function tmuxTest(name: string, run: () => Promise<void>): void {
  if (refusal === undefined) test(name, run);
  else test(`${name} (skipped)`, () => console.log(`skipped: ${refusal}`));
}

const LOOK_MS = 50;

/** A shell in a terminal of a tmux server of its own. */
export class Tmux {
  private readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tmux-'));
  private readonly socket = path.join(this.directory, 'socket');

  constructor(columns: number, rows: number) {
    const shell = 'exec env PS1="\\$ " NO_COLOR= bash --norc --noprofile';
    this.tmux('-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', String(rows), shell);
    this.tmux('set', '-g', 'status', 'off');
    this.resize(columns, rows);
  }

  resize(columns: number, rows: number): void {
    this.tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  type(line: string): void {
    this.tmux('send-keys', '-l', line);
    this.press('Enter');
  }

  press(key: string): void {
    this.tmux('send-keys', key);
  }

  /** The lines on the screen; with `scrolled`, those that have left it, too. */
  lines(scrolled = false): string[] {
    return this.tmux('capture-pane', '-p', ...(scrolled ? ['-S', '-'] : [])).split('\n');
  }

  /** Resolves with the screen when `test` finds there what it looks for; nothing tells when that is. */
  async until(test: (lines: string[]) => boolean): Promise<string[]> {
    for (;;) {
      const lines = this.lines();
      if (test(lines)) return lines;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  close(): void {
    this.tmux('kill-server');
    fs.rmSync(this.directory, { recursive: true });
  }

  private tmux(...args: string[]): string {
    return execFileSync('tmux', ['-S', this.socket, ...args], { encoding: 'utf8' });
  }
}
