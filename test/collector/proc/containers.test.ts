/** The proc source where /proc is not what it is on a host: in mount, time and pid namespaces, and without it. */
import fs from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { endAllRuns, Helper, inMountNamespace, NEEDS, ProcRun, testWith } from './proc-run';

let directory: string;
beforeEach(() => (directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-proc-'))));
afterEach(() => {
  endAllRuns();
  fs.rmSync(directory, { recursive: true });
});

/** The lifetime that is told of a process, and the most and least that it can be by this process's clock. */
async function lifetimeIn(run: ProcRun): Promise<{ told: unknown; least: number; most: () => number }> {
  const before = performance.now();
  const child = spawn('sleep', ['600']);
  const after = performance.now();
  await run.seenOf('process.start', child.pid!);
  const least = performance.now() - after;
  child.kill();
  const { attributes } = await run.seenOf('process.exit', child.pid!);
  return { told: attributes!.lifetimeMs, least, most: () => performance.now() - before + TICK_MS };
}

/** Start times are told in such ticks. */
const TICK_MS = 10;

async function expectTrueLifetime(run: ProcRun): Promise<void> {
  const { told, least, most } = await lifetimeIn(run);
  expect(told).toBeGreaterThanOrEqual(Math.floor(least));
  expect(told).toBeLessThanOrEqual(Math.ceil(most()));
}

testWith([NEEDS.mounts], "lifetimes do not depend on a container's own /proc/uptime", async () => {
  const uptime = path.join(directory, 'uptime');
  fs.writeFileSync(uptime, '5.00 1.00\n');
  const setup = `mount --bind ${uptime} /proc/uptime`;
  await expectTrueLifetime(await ProcRun.started({ command: inMountNamespace(setup) }));
});

testWith([NEEDS.timens, NEEDS.mounts], 'lifetimes are right in a time namespace', async () => {
  const command = inMountNamespace('true', '--time', '--boottime', '100000');
  await expectTrueLifetime(await ProcRun.started({ command }));
});

testWith(
  [NEEDS.mounts],
  'a /proc that shows processes only still gives lifetimes and connections',
  async () => {
    const run = await ProcRun.started({
      command: inMountNamespace('mount -t proc -o subset=pid proc /proc'),
    });
    await expectTrueLifetime(run);
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = net.connect(port, '127.0.0.1');
    try {
      const isOurs = ({ type, network }: { type: string; network?: { destPort?: number } }): boolean =>
        type === 'tcp.open' && network?.destPort === port;
      const { kernel, network } = await run.seen(
        (event) => isOurs(event) && event.network?.direction === 'egress',
      );
      expect(kernel!.pid).toBe(process.pid);
      expect(network!.sourcePort).toBe(client.localPort);
    } finally {
      client.destroy();
      server.close();
    }
    expect(run.tapio.output.stderr).not.toMatch(/not seen/);
  },
);

testWith([NEEDS.mounts], 'without a /proc it says so and fails', async () => {
  const run = new ProcRun({ command: inMountNamespace('mount -t tmpfs none /proc') });
  const { code, stderr } = await run.tapio.end();
  expect(stderr).toMatch(/source proc: .*\/proc\/1\/stat \(ENOENT\).*\(ERR_UNSUPPORTED\)/);
  expect(code).toBe(1);
});

testWith([NEEDS.mounts], 'a /proc that goes away is told, and no process has ended by it', async () => {
  const go = path.join(directory, 'go');
  const setup = `mkfifo ${go}; { read a <${go}; mount -t tmpfs none /proc; } & true`;
  const run = await ProcRun.started({ command: inMountNamespace(setup) });
  fs.writeFileSync(go, '\n');
  const { code, stderr } = await run.tapio.end();
  expect(stderr).toMatch(/source proc: \/proc has gone \(.*\).*\(ERR_UNSUPPORTED\)/);
  expect(code).toBe(1);
  const ended = run.events.filter(
    ({ type, kernel }) => type === 'process.exit' && kernel?.pid === process.pid,
  );
  expect(ended).toEqual([]);
});

testWith([NEEDS.pidns, NEEDS.mounts], 'in a pid namespace the ids are those of its own /proc', async () => {
  const go = path.join(directory, 'go');
  const setup = `mkfifo ${go}; { read a <${go}; exec sleep 600; } & true`;
  const run = await ProcRun.started({ command: inMountNamespace(setup, '--pid', '--mount-proc') });
  fs.writeFileSync(go, '\n');
  const { kernel } = await run.seen(
    ({ type, kernel }) => type === 'process.exec' && kernel?.comm === 'sleep',
  );
  // The second one of its namespace.
  expect(kernel!.pid).toBeLessThan(10);
});

testWith([NEEDS.pidns, NEEDS.mounts], "another pid namespace's /proc is told to be one", async () => {
  const flags = ['--pid', '--mount-proc', '--fork', '--kill-child', '--mount'];
  const inside = new Helper(['unshare', ...flags, 'sh', '-c', 'echo up; read a; sleep 600 & echo $!; wait']);
  await inside.line();
  const command = ['nsenter', `--mount=/proc/${childOf(inside.pid)}/ns/mnt`];
  const run = await ProcRun.started({ command });
  await run.warned(/proc: \/proc is that of another pid namespace/);
  const pid = Number(await inside.ask('go'));
  const { kernel } = await run.seenOf('process.start', pid);
  expect(['sh', 'sleep']).toContain(kernel!.comm);
});

function childOf(pid: number): number {
  return Number(fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
}

testWith(
  [],
  'a process that may not read its own auxiliary vector, as with capabilities of its program, may run it',
  async () => {
    const file = path.join(directory, 'preload.cjs');
    fs.writeFileSync(
      file,
      `const fs = require('node:fs');
    for (const name of ['openSync', 'readFileSync']) {
      const real = fs[name];
      fs[name] = (path, ...rest) => {
        if (path === '/proc/self/auxv') throw Object.assign(new Error('private'), { code: 'EACCES' });
        return real(path, ...rest);
      };
    }`,
    );
    await expectTrueLifetime(await ProcRun.started({ env: { NODE_OPTIONS: `--require ${file}` } }));
  },
);
