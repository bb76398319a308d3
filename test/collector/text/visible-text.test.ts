/* eslint-disable no-control-regex -- the control sequences of a terminal are what is looked for */
/** What a terminal gets: nothing of the text that comes from outside makes it do anything. */
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createEvent, eventFromJSON, eventToJSON } from '@tapio/performance';
import type * as VisibleModule from '../../../dist/collector/text/visible-text';
import { ownBinary } from '../../support/own-binary';
import { onTerminal, terminalOutput, terminalTest } from '../../support/terminal';
import { endAll, internal, main, tapio } from '../cli';

const { visible, visibleJSON } = internal<typeof VisibleModule>('text/visible-text');

let directory: string;
beforeEach(() => (directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-'))));
afterEach(() => {
  endAll();
  fs.rmSync(directory, { recursive: true });
});

const command = `"${process.execPath}" "${main}"`;
/** Clears the screen, sets a title, the same by C1, turns the direction of writing, begins lines. */
const HOSTILE = 'a\x1b[2J\x1b]0;title\x07\x9b2J\u202eb\u2066\r\nc\u2028d\x7f';
const SHOWN = 'a\\x1b[2J\\x1b]0;title\\x07\\x9b2J\\u202eb\\u2066\\r\\nc\\u2028d\\x7f';

/** Fails if a terminal would obey anything in it but line ends and what the table is rewritten with. */
function expectHarmless(output: string): void {
  const rest = output.replace(/\x1b\[(\?25[lh]|\?1049[lh]|H|K|J)/g, '').replace(/\r?\n/g, '');
  expect(/[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/.exec(rest)).toBeNull();
}

test('what a terminal would obey becomes an escape, all else stays', () => {
  expect(visible(HOSTILE)).toBe(SHOWN);
  expect(visible(SHOWN)).toBe(SHOWN);
  const harmless = 'Zürich 東京 \u{1f468}\u200d\u{1f469} نص \\ "quoted"';
  expect(visible(harmless)).toBe(harmless);
  expect(visible('\u{e0001}\ufeff\u061c')).toBe('\\u{e0001}\\ufeff\\u061c');
  const value = { text: `${HOSTILE}${harmless}\u{e0001}` };
  const json = visibleJSON(JSON.stringify(value));
  expect(JSON.parse(json)).toEqual(value);
  expectHarmless(json);
});

test('lines that are skipped, and wrong options', async () => {
  const { stderr } = await tapio(['collect', '--source', 'stdin', '--json'], `${HOSTILE}\n{"id":"${HOSTILE}`);
  expect(stderr).toMatch(/line 1 skipped: .*\\u\{1b\}\[2J/);
  expectHarmless(stderr);
  for (const args of [[HOSTILE], ['collect', '--source', HOSTILE], ['collect', `--${HOSTILE}`]]) {
    const result = await tapio(args);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('title');
    expectHarmless(result.stderr);
  }
});

test('types in the summary', async () => {
  const event = eventToJSON(createEvent({ type: HOSTILE, source: 'test' }));
  const { stdout, code } = await tapio(['collect', '--source', 'stdin'], `${event}\n`);
  expect(stdout).toContain(`types        ${SHOWN.slice(0, 20)}...`);
  expectHarmless(stdout);
  expect(code).toBe(0);
});

test('a failure that names a file', async () => {
  const name = path.join(directory, HOSTILE.replaceAll('/', ''), 'out');
  const { stderr, code } = await tapio(['collect', '--source', 'stdin', '--sink', `file:${name}`]);
  expect(stderr).toMatch(/ENOENT.*\\x1b\[2J/);
  expectHarmless(stderr);
  expect(code).toBe(1);
});

test('what doctor says', async () => {
  const folder = path.join(directory, HOSTILE);
  fs.mkdirSync(folder);
  const binary = path.join(folder, 'own.node');
  fs.symlinkSync(ownBinary(), binary);
  const env = { TAPIO_BINARY: binary };
  for (const more of [[], ['--json']]) {
    const { stdout, code } = await tapio(['doctor', ...more], '', env);
    expect(stdout).toContain('title');
    expectHarmless(stdout);
    expect(code).toBe(0);
  }
});

terminalTest('the live table, its messages and the summary', async () => {
  const sink = path.join(directory, HOSTILE);
  // Quoted for the shell, which knows no other escape in there.
  const line = `${command} collect --source synthetic --duration 1.7 --sink 'file:${sink}'`;
  const output = await terminalOutput(line);
  expect(output).toContain('\x1b[?25l');
  expect(output.split('tapio collect ').length).toBeGreaterThan(2);
  expect(output).toContain('d\\x7f');
  expectHarmless(output);
});

terminalTest('events on a terminal mean what they did, and it obeys none of them', async () => {
  const event = createEvent({ type: 'test', source: 'test', message: HOSTILE });
  const input = path.join(directory, 'in');
  fs.writeFileSync(input, `${eventToJSON(event)}\n`);
  const output = await terminalOutput(`${command} collect --source stdin --sink stdout < ${input}`);
  const json = /^\{.*\}\r$/m.exec(output)![0];
  expect(eventFromJSON(json).message).toBe(HOSTILE);
  expectHarmless(output);
});

test('events in a pipe stay as they are', async () => {
  const line = `${eventToJSON(createEvent({ type: 'test', source: 'test', message: HOSTILE }))}\n`;
  const { stdout } = await tapio(['collect', '--source', 'stdin', '--sink', 'stdout'], line);
  expect(stdout).toBe(line);
});

terminalTest(
  'a terminal that goes away ends the run, also one into a file, which has its lines',
  async () => {
    const [file, code] = [path.join(directory, 'out'), path.join(directory, 'code')];
    for (const more of ['', '--json']) {
      const collecting = `${command} collect --source synthetic --sink file:${file} ${more}`;
      const terminal = onTerminal(
        `trap '' HUP; ${collecting}; echo $? > ${code}.new; mv ${code}.new ${code}`,
      );
      await once(terminal.stdout!, 'data');
      const watcher = fs.watch(directory);
      terminal.kill('SIGKILL');
      try {
        while (!fs.existsSync(code)) await once(watcher, 'change');
      } finally {
        watcher.close();
      }
      // By SIGHUP, as what a shell has started.
      expect(fs.readFileSync(code, 'utf8')).toBe('129\n');
      const lines = fs.readFileSync(file, 'utf8').trimEnd().split('\n');
      expect(lines.map((line) => eventFromJSON(line)).length).toBeGreaterThan(0);
      fs.rmSync(code);
    }
  },
);

terminalTest('plain lines with NO_COLOR, and where TERM is dumb or unset', async () => {
  for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }, { TERM: '' }]) {
    const output = await terminalOutput(`${command} collect --source synthetic --duration 1.7`, env);
    expect(output).toMatch(/^ 0:0\d [ \d,]{6}\d\/s /m);
    expect(output).toContain('Summary');
    expect(output).not.toContain('\x1b');
  }
});
