/** The live table in a terminal that keeps what scrolls out: one table, whatever the size is and becomes. */
import { Tmux, tmuxTest } from '../../support/tmux';
import { main } from '../cli';

const TITLE = /^tapio.* {2}synthetic -> none +\d:\d\d$/;
const collecting = `"${process.execPath}" "${main}" collect --source synthetic --rate 1000`;

let terminal: Tmux;
afterEach(() => terminal.close());

/** The first row is that of the table, and no other. */
const isTable = ([first, ...others]: string[]): boolean =>
  TITLE.test(first) && !others.some((line) => TITLE.test(line));
const titlesIn = (lines: string[]): string[] => lines.filter((line) => TITLE.test(line));

async function end(): Promise<string[]> {
  terminal.press('C-c');
  await terminal.until((lines) => lines.some((line) => line === 'ended 0'));
  return terminal.lines(true);
}

for (const [columns, rows] of [
  [80, 24],
  [40, 8],
]) {
  tmuxTest(
    `${columns} columns, ${rows} rows: one table, with its title, and nothing scrolls out`,
    async () => {
      terminal = new Tmux(columns, rows);
      terminal.type(`clear; ${collecting}; echo ended $?`);
      const first = await terminal.until(isTable);
      // Drawn again some times.
      await terminal.until((lines) => isTable(lines) && / 0:0[3-9]$/.test(lines[0]));
      expect(titlesIn(first)).toHaveLength(1);
      expect(titlesIn(terminal.lines(true))).toHaveLength(1);
      const all = await end();
      expect(titlesIn(all)).toHaveLength(1);
      expect(all.filter((line) => line === 'Summary')).toHaveLength(1);
    },
  );
}

tmuxTest('other sizes leave nothing behind', async () => {
  terminal = new Tmux(80, 24);
  terminal.type(`clear; ${collecting}; echo ended $?`);
  await terminal.until(isTable);
  for (const [columns, rows] of [
    [40, 8],
    [120, 40],
    [60, 12],
    [80, 24],
  ]) {
    terminal.resize(columns, rows);
    const lines = await terminal.until(
      (each) => isTable(each) && each[0].length === Math.min(80, columns - 1),
    );
    expect(titlesIn(lines)).toHaveLength(1);
    expect(titlesIn(terminal.lines(true))).toHaveLength(1);
  }
  expect(titlesIn(await end())).toHaveLength(1);
});

tmuxTest('Ctrl-Z gives the first screen to the shell, and fg brings the table back', async () => {
  terminal = new Tmux(80, 24);
  terminal.type(`clear; echo before; ${collecting}; echo ended $?`);
  await terminal.until(isTable);
  terminal.press('C-z');
  const shell = await terminal.until((lines) => lines.some((line) => /Stopped/.test(line)));
  expect(shell).toContain('before');
  expect(titlesIn(shell)).toEqual([]);
  terminal.type('fg; echo ended $?');
  await terminal.until(isTable);
  expect(titlesIn(await end())).toHaveLength(1);
});

tmuxTest('a job in the background leaves the screen to the shell, until it is fetched', async () => {
  terminal = new Tmux(80, 24);
  terminal.type(`clear; ${collecting} &`);
  terminal.type('sleep 2; echo here');
  const shell = await terminal.until((lines) => lines.some((line) => line === 'here'));
  expect(titlesIn(shell)).toEqual([]);
  terminal.type('fg; echo ended $?');
  await terminal.until(isTable);
  expect(titlesIn(await end())).toHaveLength(1);
});
