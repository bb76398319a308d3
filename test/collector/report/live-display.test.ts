/* eslint-disable no-control-regex -- the control sequences of a terminal are what is looked for */
import type * as DisplayModule from '../../../dist/collector/report/live-display';
import type * as StatusModule from '../../../dist/collector/report/status';
import { internal } from '../cli';

const { LiveDisplay } = internal<typeof DisplayModule>('report/live-display');

/** The two screens of a terminal, by the control sequences that the display uses; another one fails. */
class Terminal {
  readonly isBehind = false;
  readonly isForeground = true;
  columns = 80;
  rows = 24;
  /** What was printed on the first screen. */
  readonly first: string[] = [''];
  second: string[] = [''];
  cursorHidden = false;
  onSecond = false;
  resized: (() => void) | undefined;
  private row = 0;

  print(...lines: string[]): void {
    for (const line of lines) this.control(`${line}\n`);
  }

  printFitted(lines: readonly string[]): void {
    this.print(...lines);
  }

  onResize(listener: () => void): () => void {
    this.resized = listener;
    return () => (this.resized = undefined);
  }

  resize(columns: number, rows: number): void {
    [this.columns, this.rows] = [columns, rows];
    this.resized!();
  }

  control(text: string): void {
    for (const [part] of text.matchAll(/\x1b\[\??\d*[A-Za-z]|\n|[^\x1b\n]+/g)) this.apply(part);
  }

  private apply(part: string): void {
    if (part === '\x1b[?25l') this.cursorHidden = true;
    else if (part === '\x1b[?25h') this.cursorHidden = false;
    else if (part === '\x1b[?1049h') [this.onSecond, this.second] = [true, ['']];
    else if (part === '\x1b[?1049l') this.onSecond = false;
    else if (!this.onSecond) this.onFirst(part);
    else if (part === '\x1b[H') this.row = 0;
    else if (part === '\x1b[K') this.second[this.row] = '';
    else if (part === '\x1b[J') this.second.splice(this.row, Infinity, '');
    else if (part === '\n') this.nextRow();
    else {
      expect(part).not.toMatch(/\x1b/);
      this.second[this.row] += part;
      expect(this.second[this.row].length).toBeLessThan(this.columns);
    }
  }

  private nextRow(): void {
    this.second[++this.row] ??= '';
    // It would scroll.
    expect(this.row).toBeLessThan(this.rows);
  }

  private onFirst(part: string): void {
    expect(part).not.toMatch(/\x1b/);
    if (part === '\n') this.first.push('');
    else this.first[this.first.length - 1] += part;
  }
}

const status = (elapsedMs: number): StatusModule.Status => ({
  title: 'synthetic -> none',
  elapsedMs,
  durationMs: undefined,
  sources: new Map(),
  sourceRates: new Map(),
  eventsPerSecond: 0,
  cpu: { thread: 0, process: 0 },
  cpuNote: '',
  latency: { p50: null, p99: null },
  produced: 0,
  delivered: 0,
  dropped: 0,
  exports: {},
  served: {},
  types: [],
  processes: [],
  metrics: {
    writes: 0,
    reads: 0,
    overflows: 0,
    dropped: 0,
    discarded: 0,
    overflowSize: 1,
    overflowUsed: 0,
    closed: false,
    cpus: [],
  },
});

const tablesIn = (lines: readonly string[]): string[] =>
  lines.filter((line) => /synthetic -> none/.test(line));

/** Runs `use` on a display that was started on a terminal, with a clock that it moves. */
function onDisplay(use: (terminal: Terminal, display: DisplayModule.LiveDisplay) => void): void {
  jest.useFakeTimers();
  try {
    const terminal = new Terminal();
    const display = new LiveDisplay(terminal, terminal, true);
    let elapsed = 0;
    display.message('before the start');
    display.start({ sample: () => status((elapsed += 1000)) } as unknown as StatusModule.StatusSampler);
    use(terminal, display);
    display.stop();
    expect(jest.getTimerCount()).toBe(0);
  } finally {
    jest.useRealTimers();
  }
}

test('the table has a screen of its own; the last one stays on the first, behind the messages', () => {
  onDisplay((terminal, display) => {
    expect(terminal).toMatchObject({ onSecond: true, cursorHidden: true });
    jest.advanceTimersByTime(5000);
    expect(terminal.second[0]).toBe('before the start');
    expect(tablesIn(terminal.second)).toEqual([expect.stringMatching(/^tapio collect .* 0:10$/)]);
    expect(terminal.first).toEqual(['before the start', '']);
    display.message('something to know');
    expect(terminal.second.slice(0, 3)).toEqual([
      'before the start',
      'something to know',
      expect.stringMatching(/ 0:10$/),
    ]);
    expect(terminal).toMatchObject({ onSecond: true, cursorHidden: true });
    jest.advanceTimersByTime(1000);
    display.stop();
    display.stop();
    expect(terminal).toMatchObject({ onSecond: false, cursorHidden: false, resized: undefined });
    expect(terminal.first.slice(0, 2)).toEqual(['before the start', 'something to know']);
    expect(tablesIn(terminal.first)).toEqual([expect.stringMatching(/ 0:12$/)]);
  });
});

test('a terminal of another size is drawn at once, within its size, with the title and the latest message', () => {
  onDisplay((terminal, display) => {
    jest.advanceTimersByTime(500);
    for (let number = 1; number <= 9; number++) display.message(`message ${number}`);
    for (const [columns, rows] of [
      [40, 8],
      [120, 50],
      [20, 3],
      [80, 24],
    ]) {
      terminal.resize(columns, rows);
      expect(terminal.second.length).toBeLessThanOrEqual(rows);
      expect(terminal.second.join('\n')).toMatch(/message 9\n.*0:01$/m);
    }
    for (const [columns, title] of [
      [40, 'tapio collect  synthetic -> none'],
      [36, 'tapio  synthetic -> none'],
      [24, 'tapio  synt...one'],
    ] as const) {
      terminal.resize(columns, 8);
      expect(terminal.second[1].replace(/ +0:01$/, '')).toBe(title);
    }
  });
});

test('an error that nobody catches finds the first screen', () => {
  const listeners = process.listenerCount('uncaughtExceptionMonitor');
  onDisplay((terminal, display) => {
    const leave = process.listeners('uncaughtExceptionMonitor').at(-1)!;
    leave(new Error('test'), 'uncaughtException');
    expect(terminal).toMatchObject({ onSecond: false, cursorHidden: false });
    display.stop();
    expect(process.listenerCount('uncaughtExceptionMonitor')).toBe(listeners);
  });
});
