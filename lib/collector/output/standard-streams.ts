/**
 * Standard output and error of the command. What is for people goes through `print`, and whatever it holds reaches a terminal
 * as text. No write waits for a reader or throws; one to stdout that fails is told, and costs the exit code.
 */
import fs from 'node:fs';
import tty, { type WriteStream } from 'node:tty';
import { ExitCode } from '../command-line/command';
import { fitFigures } from '../text/figures';
import { Output, type OnFailure } from './output';
import { visible, visibleJSON } from '../text/visible-text';
import { standardWriter } from './writer';

/** Ends the message of a failure that left the beginning of a line. */
export const CUT_SHORT = '; its last line is cut short';
/** Lines for people are left out while so much waits for a reader. */
const MOST_WAITING = 1 << 20;

export class StandardStream {
  private opened: Output | undefined;

  constructor(private readonly fd: 1 | 2) {}

  /** For lines of data. */
  get output(): Output {
    return (this.opened ??= new Output(standardWriter(this.fd)));
  }

  /** A terminal that can rewrite its lines, and whose user did not ask for plain text. */
  get canRewrite(): boolean {
    const { TERM, NO_COLOR } = process.env;
    return this.output.isTerminal && Boolean(TERM) && TERM !== 'dumb' && !NO_COLOR;
  }

  /** Somebody reads it, who may show what comes on a terminal. */
  get isPipe(): boolean {
    try {
      return fs.fstatSync(this.fd).isFIFO();
    } catch {
      return false;
    }
  }

  get columns(): number {
    return this.terminal.columns || 80;
  }

  /** As many columns as a line may have that is not to be folded. */
  get lineColumns(): number {
    return this.output.isTerminal ? this.columns : Infinity;
  }

  get rows(): number {
    return this.terminal.rows || 24;
  }

  /** A reader has not caught up: what can be left out should be. */
  get isBehind(): boolean {
    return this.output.waitingBytes > 0;
  }

  /** Lines for people, which may hold text from outside. */
  print(...lines: string[]): void {
    this.printFitted(lines, Infinity);
  }

  /** Likewise; a line that is longer is cut in its middle, and none of its figures is. */
  printFitted(lines: readonly string[], columns: number): void {
    if (this.output.waitingBytes > MOST_WAITING) return;
    this.send(lines.map((line) => `${fitFigures(visible(line), columns)}\n`).join(''));
  }

  /** One line of JSON. */
  printJSON(value: unknown): void {
    this.send(`${visibleJSON(JSON.stringify(value))}\n`);
  }

  /** Sequences that a terminal obeys: none with text from outside. */
  control(sequence: string): void {
    this.send(sequence);
  }

  onFailure(listener: OnFailure): void {
    this.output.onFailure(listener);
  }

  /** False for a job in the background of its shell, whose terminal is another's. */
  get isForeground(): boolean {
    try {
      // Behind the name: state, parent, process group, session, terminal, and the group in that one's foreground; -1: none.
      const fields = fs
        .readFileSync('/proc/self/stat', 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ');
      return fields[5] === '-1' || fields[2] === fields[5];
    } catch {
      return true;
    }
  }

  /** Of a terminal. The result undoes this. */
  onResize(listener: () => void): () => void {
    const { terminal } = this;
    terminal.on('resize', listener);
    return () => terminal.off('resize', listener);
  }

  private get terminal(): WriteStream {
    return this.fd === 1 ? process.stdout : process.stderr;
  }

  private send(text: string): void {
    this.output.write(Buffer.from(text));
  }
}

export const stdout = new StandardStream(1);
export const stderr = new StandardStream(2);

let stdoutFailed = false;
let terminals: number[] = [];

/** Call it once, before anything is written. A reader that went away (`| head`) is no failure: what is written after that is dropped. */
export function guardStandardStreams(): void {
  terminals = [0, 1, 2].filter((fd) => tty.isatty(fd));
  stdout.onFailure((error, torn) => {
    if (stdout.output.isReaderGone) return;
    stdoutFailed = true;
    stderr.print(`tapio: stdout: ${error.message}${torn.length > 0 ? CUT_SHORT : ''}`);
  });
}

/** Takes back what waits for readers. */
export function abandonStandardStreams(reason: string): void {
  stdout.output.abandon(new Error(reason));
  stderr.output.abandon(new Error(reason));
}

/** Resolves when nothing waits for a reader any more. */
export async function drainStandardStreams(): Promise<void> {
  await stdout.output.drained();
  await stderr.output.drained();
}

/** Sets the code to exit with; when stdout has failed, or fails before the exit, that decides. */
export async function endStandardStreams(code: number): Promise<void> {
  await drainStandardStreams();
  // At its exit Node sets up the terminals as they were, and aborts where one is gone: what such a process dies of is SIGHUP.
  if (terminals.some((fd) => !tty.isatty(fd))) {
    process.removeAllListeners('SIGHUP');
    process.kill(process.pid, 'SIGHUP');
  }
  process.exitCode = stdoutFailed ? ExitCode.Failed : code;
}
