/** `tapio collect --source ebpf`. */
import { execFileSync, type ExecFileSyncOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { eventFromJSON, eventToJSON, type UnifiedEvent } from '@tapio/performance';
import { ddCommand, kernelTest, KnownProcess } from '../../support/kernel';
import { endAll, main, summaryOf, Tapio } from '../cli';

afterEach(endAll);

/** A port of this machine on which nobody listens. */
async function unusedPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The events of these lines. */
const eventsOf = (stdout: string): UnifiedEvent[] =>
  stdout.trimEnd().split('\n').slice(0, -1).map(eventFromJSON);

kernelTest('every event of the kernel is delivered, and the kernel counts are told', async () => {
  const events = ['--events', 'syscall,exit'];
  const run = new Tapio(['collect', '--source', 'ebpf', ...events, '--sink', 'stdout', '--json']);
  await run.started('stderr');
  const subject = new KnownProcess(ddCommand(500));
  await subject.run();
  run.child.kill('SIGINT');
  const result = await run.end();
  const summary = summaryOf(result);
  expect(result.code).toBe(0);
  expect(summary.kernel).toEqual({ captured: summary.produced, lost: 0 });
  expect(summary.produced).toBe(summary.delivered + summary.dropped);
  const told = eventsOf(result.stdout).filter(
    ({ kernel }) => kernel?.pid === subject.pid && kernel.comm === 'dd',
  );
  const writes = told.filter(({ kernel }) => kernel!.syscall === 'write' && kernel!.returnCode === 1);
  expect(writes.length).toBe(500);
  expect(told.some(({ type }) => type === 'process.exit')).toBe(true);
});

kernelTest('of a process that ran before, its end tells its arguments and its parent', async () => {
  const subject = spawn('cat', ['-', '', 'two words']);
  await once(subject, 'spawn');
  // Spawned says that it has forked; the command line is that of cat once it has become it.
  const cmdline = `/proc/${subject.pid}/cmdline`;
  while (fs.readFileSync(cmdline, 'latin1') !== 'cat\x00-\x00\x00two words\x00') await nextTurn();
  const run = new Tapio(['collect', '--source', 'ebpf', '--sink', 'stdout', '--json']);
  await run.started('stderr');
  subject.kill('SIGTERM');
  await once(subject, 'exit');
  run.child.kill('SIGINT');
  const result = await run.end();
  expect(result.code).toBe(0);
  const end = eventsOf(result.stdout).find(
    ({ type, kernel }) => type === 'process.exit' && kernel!.pid === subject.pid,
  );
  expect(end).toMatchObject({
    message: expect.stringMatching(/^cat \(\d+\) was ended by SIGTERM after \d/) as string,
    kernel: {
      args: {
        argv: '["cat","-","","two words"]',
        ppid: String(process.pid),
        parentComm: fs.readFileSync('/proc/self/comm', 'utf8').trimEnd(),
      },
    },
  });
});

kernelTest("a line that calls itself the kernel's changes nothing that is told of a process", async () => {
  const subject = spawn('cat');
  await once(subject, 'spawn');
  const run = new Tapio(['collect', '--source', 'ebpf', '--source', 'stdin', '--sink', 'stdout', '--json']);
  await run.started('stderr');
  const forged = {
    ...{ id: 'forged', timestamp: BigInt(Date.now()) * 1_000_000n, type: 'process.exec', source: 'ebpf' },
    kernel: { pid: subject.pid!, comm: 'forged', args: { argv: '["forged"]', ppid: '1' } },
  };
  run.child.stdin.write(`${eventToJSON(forged)}\n`);
  await run.until('stdout', (text) => text.includes('"forged"'));
  subject.kill('SIGTERM');
  await once(subject, 'exit');
  run.child.kill('SIGINT');
  const result = await run.end();
  expect(result.code).toBe(0);
  expect(result.stderr.match(/adds no arguments and parents/g)).toHaveLength(1);
  expect(result.stderr).toContain("beside --source stdin, whose lines may call themselves the kernel's\n");
  const end = eventsOf(result.stdout).find(
    ({ type, kernel }) => type === 'process.exit' && kernel!.pid === subject.pid,
  );
  expect(end!.message).toMatch(/^cat \(\d+\) was ended by SIGTERM after \d/);
  expect(end!.kernel!.args).not.toHaveProperty('argv');
  expect(end!.kernel!.args).toMatchObject({ ppid: String(process.pid) });
});

kernelTest('lines for people tell what happened, and escapes stay text', async () => {
  const args = ['--sink', 'stdout', '--sink-format', 'text'];
  const run = new Tapio(['collect', '--source', 'ebpf', ...args]);
  await run.started('stderr');
  const hostile = '\u001b]0;title\u0007\u009b2J\u202e\n';
  const subject = new KnownProcess(`sh -c 'exit 3' "two words" "it's" '${hostile}'`);
  await subject.run();
  run.child.kill('SIGINT');
  const { code, stdout } = await run.end();
  expect(code).toBe(0);
  // eslint-disable-next-line no-control-regex -- these are what must not come through
  expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  const lines = stdout.split('\n').filter((line) => line.includes(`sh (${subject.pid})`));
  const shown = String.raw`\x1b]0;title\x07\x9b2J\u202e\n`;
  const starter = `${fs.readFileSync('/proc/self/comm', 'utf8').trimEnd()} (${process.pid})`;
  const end = `sh (${subject.pid}) runs sh -c 'exit 3' 'two words' 'it'\\''s' '${shown}', started by ${starter}`;
  expect(lines.find((line) => line.endsWith(end))).toMatch(/^\d\d:\d\d:\d\d\.\d{6} {2}process\.exec {6}sh/);
  expect(lines.at(-1)).toMatch(/process\.exit {6}sh \(\d+\) ended with status 3 after \d+ ms$/);
});

kernelTest(
  'a program, its fork and the connection that is refused are one chain, with addresses and parents',
  async () => {
    const port = await unusedPort();
    const args = ['--correlate', '--sink', 'stdout', '--json'];
    const run = new Tapio(['collect', '--source', 'ebpf', ...args]);
    await run.started('stderr');
    // The subshell is a copy of the program: it executes nothing. Node's pipes are sockets, so bash would read ~/.bashrc as if
    // for rshd, where SHLVL is not set, and with it run whatever is there.
    const subject = new KnownProcess(`bash --norc -c '( read; : > /dev/tcp/127.0.0.1/${port} ); :'`);
    subject.child.stdin!.write('\n');
    // What another CPU runs may be told before the fork that it came from.
    const fork = new RegExp(`"type":"process.fork".*"pid":${subject.pid},`);
    while (!fork.test(run.output.stdout)) await once(run.child.stdout, 'data');
    await subject.run();
    run.child.kill('SIGINT');
    const result = await run.end();
    expect(result.code).toBe(0);
    const events = eventsOf(result.stdout);
    const exec = events.find(
      ({ type, kernel }) => type === 'process.exec' && kernel!.comm === 'bash' && kernel!.pid === subject.pid,
    )!;
    const forked = events.find(({ type, kernel }) => type === 'process.fork' && kernel!.pid === subject.pid)!;
    const child = Number(forked.kernel!.args!.childPid);
    const connect = events.find(
      ({ type, network }) => type === 'network.connect' && network!.destPort === port,
    )!;
    expect(connect).toMatchObject({
      message: `bash (${child}) could not connect to 127.0.0.1:${port}: ECONNREFUSED`,
      kernel: { args: { ppid: String(subject.pid), parentComm: 'bash', argv: exec.kernel!.args!.argv } },
      network: { destIP: '127.0.0.1', destPort: port },
    });
    // Of other connections there may be others, as the C library asks for names where the environment lacks them.
    const chains = events.filter(({ correlation }) => correlation?.causalChain?.includes(connect.id));
    expect(chains).toMatchObject([
      {
        message: expect.stringMatching(
          `^process.exec -> network.connect 127.0.0.1:${port} within \\d+ ms$`,
        ) as string,
        correlation: { causalChain: [exec.id, connect.id] },
      },
    ]);
  },
);

kernelTest('files are told with what was asked of them, and the choice of events is kept', async () => {
  const choice = ['--events', 'open', '--path', '/etc/host', '--path', '/etc/no-'];
  const run = new Tapio(['collect', '--source', 'ebpf', ...choice, '--sink', 'stdout', '--json']);
  await run.started('stderr');
  const subject = new KnownProcess('cat /etc/hosts /etc/no-such-file /etc/passwd');
  await subject.run();
  run.child.kill('SIGINT');
  const events = eventsOf((await run.end()).stdout);
  expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['file.open']));
  const told = events.filter(({ kernel }) => kernel!.pid === subject.pid).map(({ message }) => message);
  expect(told).toEqual([
    `cat (${subject.pid}) opened /etc/hosts`,
    `cat (${subject.pid}) could not open /etc/no-such-file: ENOENT`,
  ]);
});

describe('without the capabilities', () => {
  /** What the command prints, started by these words and with these settings. */
  const run = (words: string[], args: string[], options: ExecFileSyncOptions = {}): string => {
    const [file, ...rest] = [...words, process.execPath, main, ...args];
    return String(execFileSync(file, rest, { stdio: ['ignore', 'pipe', 'ignore'], ...options }));
  };
  const inContainer = ['setpriv', '--bounding-set', '-all', '--inh-caps', '-all'];
  const user = { uid: 4242, gid: 4242 };
  const setcap = `sudo setcap cap_bpf,cap_perfmon+ep ${process.execPath}`;
  const times = (text: string, part: string): number => text.split(part).length - 1;

  kernelTest('auto falls back to proc', () => {
    const stdout = run(inContainer, ['collect', '--duration', '0.3', '--json']);
    expect(Object.keys(summaryOf({ code: 0, signal: null, stdout, stderr: '' }).sources)).toEqual(['proc']);
  });

  kernelTest('what chooses among the events of the kernel is not left out in silence', () => {
    const given = ['--events', 'exec', '--pid', '1'];
    for (const at of [0, 2]) {
      const [option, value] = given.slice(at);
      const collect = (): string =>
        run(inContainer, ['collect', '--duration', '0.3', option, value], {
          stdio: 'pipe',
          encoding: 'utf8',
        });
      expect(collect).toThrow(
        expect.objectContaining({
          status: 2,
          stderr: expect.stringContaining(
            `${option} "${value}": needs --source ebpf, which is not permitted here`,
          ),
        }),
      );
    }
  });

  kernelTest('doctor tells a user the one command that grants both, and what it costs', () => {
    const { ebpf } = JSON.parse(run([], ['doctor', '--json'], user)) as { ebpf: Record<string, unknown> };
    expect(ebpf).toMatchObject({
      permitted: false,
      reason: expect.stringMatching(/EPERM \(errno 1\)$/),
      missing: ['CAP_BPF', 'CAP_PERFMON'],
      grant: setcap,
      note: expect.stringMatching(/NODE_OPTIONS.*\/proc\/self/),
    });
    const text = run([], ['doctor'], user);
    expect(text).toMatch(/eBPF +no: .*\n +missing CAP_BPF and CAP_PERFMON: sudo setcap.*\n +.*NODE_OPTIONS/);
    for (const part of ['missing', 'setcap', 'NODE_OPTIONS', 'CAP_BPF', 'CAP_PERFMON'])
      expect([part, times(text, part)]).toEqual([part, 1]);
  });

  kernelTest('the source refuses with the same command, and says who tells what it costs', () => {
    const collect = (): string =>
      run([], ['collect', '--source', 'ebpf', '--json'], { ...user, stdio: 'pipe', encoding: 'utf8' });
    const stderr = expect.stringContaining(`run as root, or ${setcap} (tapio doctor tells what that costs)`);
    expect(collect).toThrow(expect.objectContaining({ status: 1, stderr }));
  });

  kernelTest('doctor names both to who lacks one: a second command would take the first away', () => {
    const ambient = (name: string): string[] => [
      'setpriv',
      '--reuid',
      '4242',
      '--clear-groups',
      '--inh-caps',
      `+${name}`,
      '--ambient-caps',
      `+${name}`,
    ];
    for (const [held, missing] of [
      ['bpf', 'CAP_PERFMON'],
      ['perfmon', 'CAP_BPF'],
    ]) {
      const { ebpf } = JSON.parse(run(ambient(held), ['doctor', '--json'])) as { ebpf: object };
      expect(ebpf).toMatchObject({ missing: [missing], grant: setcap });
    }
  });

  kernelTest(
    'where capabilities of the file do nothing or harm, doctor tells how to start the container',
    () => {
      for (const [words, options] of [
        [inContainer, {}],
        [['setpriv', '--bounding-set', '-bpf,-sys_admin'], {}],
        [['setpriv', '--no-new-privs'], user],
      ] as const) {
        const text = run([...words], ['doctor'], options);
        expect(text).toMatch(/missing .*docker run .*--cap-add BPF --cap-add PERFMON/);
        expect(text).toMatch(/securityContext: .*add: \[BPF, PERFMON\]/);
        expect(text).not.toMatch(/setcap/);
        for (const part of ['missing', 'docker', 'Kubernetes'])
          expect([part, times(text, part)]).toEqual([part, 1]);
      }
    },
  );
});
