/** `tapio collect --grpc --metrics` and `tapio top`: one collector seen by a client, by Prometheus, and on a terminal. */
import { once } from 'node:events';
import fs from 'node:fs';
import { EventClient } from '@tapio/performance/grpc';
import { freePort } from '../../support/servers';
import { onTerminal, terminalTest } from '../../support/terminal';
import { endAll, main, Tapio, tapio } from '../cli';

afterEach(endAll);

async function startCollector(port: number): Promise<Tapio> {
  const run = new Tapio([
    ...['collect', '--source', 'synthetic', '--rate', '2000', '--json'],
    ...['--grpc', String(port), '--metrics', '0'],
  ]);
  await run.started('stderr');
  return run;
}

test('a client gets events and the activity, top shows it, Prometheus text tells the same', async () => {
  const port = await freePort();
  const run = await startCollector(port);
  const client = new EventClient(`127.0.0.1:${port}`);
  try {
    let count = 0;
    for await (const events of client.stream({ types: ['kernel.*'] })) {
      for (const { type } of events) expect(type).toMatch(/^kernel\./);
      count += events.length;
      if (count >= 500) break;
    }
    // The made-up processes come by chance.
    let activity = (await client.getActivity())!;
    while (activity.processes.length < 10) activity = (await client.getActivity())!;
    expect(activity.delivered).toBeGreaterThanOrEqual(500);
    expect(activity.dropped).toBe(0);
    expect(activity.fill.at(-1)!.name).toBe('overflow');
    expect(activity.processes.length).toBe(10);

    const top = new Tapio(['top', String(port)]);
    await top.until('stdout', (text) => text.includes('\n'));
    const first = performance.now();
    await top.until('stdout', (text) => text.split('\n').length > 2);
    // A line a second.
    expect(performance.now() - first).toBeGreaterThan(500);
    top.child.kill('SIGINT');
    const { code, stdout, stderr } = await top.end();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^ +\d+:\d\d {2}[\d,]+\/s {2}dropped 0 {2}peak fill .* most kernel\.syscall/m);

    const url = /live page at (\S+),/.exec(run.output.stderr)![1];
    const text = await (await fetch(`${url}metrics`)).text();
    const delivered = /^tapio_collector_delivered_events_total (\d+)$/m.exec(text);
    expect(Number(delivered![1])).toBeGreaterThanOrEqual(activity.delivered);
  } finally {
    client.close();
  }
  run.child.kill('SIGTERM');
  expect((await run.end()).code).toBe(0);
});

test('top says that nobody is there, and what it needs', async () => {
  const port = await freePort();
  const gone = await tapio(['top', String(port)]);
  expect(gone.code).toBe(1);
  expect(gone.stderr).toBe(
    `tapio top: 127.0.0.1:${port}: no answer: connect ECONNREFUSED 127.0.0.1:${port}; ` +
      'it takes what tapio collect --grpc serves on\n',
  );
  expect(await tapio(['top'])).toMatchObject({ code: 2 });
  expect((await tapio(['top', 'nonsense'])).stderr).toContain('ADDRESS "nonsense": must be a port');
  expect((await tapio(['top', '1', '--x'])).stderr).toContain('"--x"');
});

test('a port that is taken is told by --grpc', async () => {
  const port = await freePort();
  const run = await startCollector(port);
  const other = await tapio(['collect', '--source', 'stdin', '--grpc', String(port)]);
  expect(other.code).toBe(1);
  expect(other.stderr).toContain(`cannot listen on 127.0.0.1:${port}: the port is in use`);
  run.child.kill('SIGTERM');
  await run.end();
});

test('a collector that goes away and comes back', async () => {
  const port = await freePort();
  const first = await startCollector(port);
  const top = new Tapio(['top', String(port)]);
  await top.until('stdout', (text) => text.includes('/s'));
  first.child.kill('SIGTERM');
  await first.end();
  await top.until('stderr', (text) => text.includes('trying again'));
  const second = await startCollector(port);
  await top.until('stderr', (text) => text.includes('answers again'));
  top.child.kill('SIGTERM');
  expect((await top.end()).code).toBe(0);
  second.child.kill('SIGTERM');
  await second.end();
});

terminalTest(
  'on a terminal it takes the other screen, and gives all back when it is told to end',
  async () => {
    const port = await freePort();
    const run = await startCollector(port);
    const line = `stty cols 80 rows 24; "${process.execPath}" "${main}" top ${port}; echo code=$?; stty -a`;
    const terminal = onTerminal(line);
    let output = '';
    const shown = new Promise<void>((resolve) =>
      terminal.stdout!.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.split('tapio top').length > 3) resolve();
      }),
    );
    await shown;
    process.kill(lastChildOf(terminal.pid!), 'SIGTERM');
    await once(terminal, 'close');
    const [enter, leave] = ['\x1b[?1049h\x1b[?25l', '\x1b[?25h\x1b[?1049l'];
    expect(output.split(enter)).toHaveLength(2);
    expect(output.split(leave)).toHaveLength(2);
    expect(output.indexOf(leave)).toBeGreaterThan(output.lastIndexOf('tapio top'));
    expect(output.slice(output.indexOf(leave))).toContain('code=0');
    expect(output.slice(output.indexOf(leave))).toMatch(/(?<!-)icanon.*(?<!-)echo\b/s);
    run.child.kill('SIGTERM');
    await run.end();
  },
);

/** The process of tapio under `script` and its shell. */
function lastChildOf(pid: number): number {
  const [child] = fs
    .readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean);
  return child === undefined ? pid : lastChildOf(Number(child));
}
