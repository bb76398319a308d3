/* eslint-disable no-control-regex -- the control sequences of a terminal are what is looked for */
import type * as DisplayModule from '../../dist/collector/live-display';
import type * as StatusModule from '../../dist/collector/status';
import { internal } from './cli';

const { LiveDisplay } = internal<typeof DisplayModule>('live-display');

/** Keeps the lines of a terminal by the few control sequences a table is rewritten with. */
class Terminal {
  readonly isBehind = false;
  readonly columns = 80;
  readonly rows = 24;
  readonly lines: string[] = [''];
  cursorHidden = false;
  private row = 0;

  print(...lines: string[]): void {
    for (const line of lines) this.control(`${line}\n`);
  }

  printFitted(lines: readonly string[]): void {
    this.print(...lines);
  }

  control(text: string): void {
    for (const [part] of text.matchAll(/\x1b\[\??\d*[A-Za-z]|\n|[^\x1b\n]+/g)) this.apply(part);
  }

  private apply(part: string): void {
    const number = Number(/\d+/.exec(part)?.[0] ?? 1);
    if (part === '\x1b[?25l') this.cursorHidden = true;
    else if (part === '\x1b[?25h') this.cursorHidden = false;
    else if (part === '\n') this.lines[++this.row] ??= '';
    else if (/^\x1b.*A$/.test(part)) this.row -= number;
    else if (/^\x1b.*G$/.test(part)) expect(number).toBe(1);
    else if (/^\x1b.*J$/.test(part)) this.lines.splice(this.row, Infinity, '');
    else this.lines[this.row] += part;
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

test('the table is rewritten in place, messages stay above it, and the cursor comes back', () => {
  jest.useFakeTimers();
  try {
    const terminal = new Terminal();
    const display = new LiveDisplay(terminal, terminal, true);
    let elapsed = 0;
    display.start({ sample: () => status((elapsed += 1000)) } as unknown as StatusModule.StatusSampler);
    expect(terminal.cursorHidden).toBe(true);
    jest.advanceTimersByTime(5000);
    const tables = (): string[] => terminal.lines.filter((line) => line.startsWith('tapio collect'));
    expect(elapsed).toBeGreaterThanOrEqual(10_000);
    expect(tables()).toHaveLength(1);
    expect(tables()[0]).toMatch(/ 0:10$/);
    display.message('something to know');
    jest.advanceTimersByTime(1000);
    expect(terminal.lines[0]).toBe('something to know');
    expect(tables()).toHaveLength(1);
    display.stop();
    display.stop();
    expect(terminal.cursorHidden).toBe(false);
    expect(jest.getTimerCount()).toBe(0);
  } finally {
    jest.useRealTimers();
  }
});
