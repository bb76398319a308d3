/** What the proc source tells of connections: who dialled, and in which network namespace. */
import { once } from 'node:events';
import fs from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import type { UnifiedEvent } from '@tapio/performance';
import { main } from '../cli';
import { endAllRuns, Helper, NEEDS, ProcRun, testWith } from './proc-run';

const cleanUp: (() => unknown)[] = [];
afterEach(() => {
  for (const step of cleanUp.splice(0)) step();
  endAllRuns();
});

async function listen(host: string, port = 0): Promise<number> {
  const server = net.createServer((socket) => cleanUp.push(() => socket.destroy())).listen(port, host);
  cleanUp.push(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Both ends of a connection that was opened, the dialling one first. */
async function bothEnds(run: ProcRun, from: number, to: number): Promise<UnifiedEvent[]> {
  const ends = (): UnifiedEvent[] =>
    run.events.filter(({ type, network }) => {
      const ports = [network?.sourcePort, network?.destPort];
      return type === 'tcp.open' && ports.includes(from) && ports.includes(to);
    });
  await run.seen(() => ends().length === 2);
  return ends().sort((a, b) => (a.network!.direction! < b.network!.direction! ? -1 : 1));
}

testWith([], 'who dials from the port that is listened on at another address has dialled', async () => {
  const run = await ProcRun.started();
  const port = await listen('127.0.0.1');
  const client = net.connect({ host: '127.0.0.1', port, localAddress: '127.0.0.2', localPort: port });
  cleanUp.push(() => client.destroy());
  const network = { sourceIP: '127.0.0.2', sourcePort: port, destIP: '127.0.0.1', destPort: port };
  expect(await bothEnds(run, port, port)).toMatchObject([
    { network: { ...network, direction: 'egress' } },
    { network: { ...network, direction: 'ingress' } },
  ]);
});

/** A server that dials another one from the port it listens on, and sends as much as it is told to. */
const SERVER_DIALS = `
import socket
def listen():
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    s.bind(('127.0.0.1', 0))
    s.listen()
    return s
own, other = listen(), listen()
client = socket.socket()
client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
client.bind(own.getsockname())
print(own.getsockname()[1], other.getsockname()[1], flush=True)
size = int(input())
client.connect(other.getsockname())
accepted = other.accept()[0]
client.sendall(b'x' * size)
accepted.sendall(b'y' * size)
print('connected', flush=True)
input()
`;

for (const size of [0, 1, 5000]) {
  testWith(
    [NEEDS.python],
    `who dials from its own listening port has dialled, ${size} bytes sent`,
    async () => {
      const run = await ProcRun.started();
      const helper = new Helper(['python3', '-c', SERVER_DIALS]);
      const [from, to] = (await helper.line()).split(' ').map(Number);
      await helper.ask(`${size}`);
      const network = { sourcePort: from, destPort: to };
      expect(await bothEnds(run, from, to)).toMatchObject([
        { network: { ...network, direction: 'egress' } },
        { network: { ...network, direction: 'ingress' } },
      ]);
    },
  );
}

/** Connects to itself when told to, in a network namespace of its own. */
const LONER = `
const net = require('node:net');
process.stdin.once('data', () => {
  const server = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    const client = net.connect(port, '127.0.0.1', () => console.log(port));
  });
});
console.log('up');
`;

function loner(): Helper {
  const words = ['unshare', '--net', 'sh', '-c', 'ip link set lo up; exec "$0" -e "$1"'];
  return new Helper([...words, process.execPath, LONER]);
}

async function expectSeen(
  run: ProcRun,
  helper: Helper,
  namespace: string,
  pid: number | undefined,
): Promise<void> {
  const port = Number(await helper.ask('go'));
  const ours = (type: string, direction: string) => (event: UnifiedEvent) =>
    event.type === type && event.network?.destPort === port && event.network.direction === direction;
  for (const direction of ['egress', 'ingress']) {
    const { kernel, attributes } = await run.seen(ours('tcp.open', direction));
    expect(attributes).toEqual({ networkNamespace: namespace });
    expect(kernel!.pid).toBe(pid);
  }
  const comm = fs.readFileSync(`/proc/${helper.pid}/comm`, 'utf8').trim();
  helper.child.kill('SIGKILL');
  for (const direction of ['egress', 'ingress']) {
    const { kernel } = await run.seen(ours('tcp.close', direction));
    expect(kernel).toMatchObject(pid === undefined ? {} : { pid, comm });
  }
  expect(run.events.filter(ours('tcp.open', 'egress'))).toHaveLength(1);
}

testWith([NEEDS.netns], 'connections of a process in another network namespace are seen', async () => {
  const before = loner();
  await before.line();
  const run = await ProcRun.started();
  const after = loner();
  await after.line();
  for (const helper of [before, after]) {
    const namespace = fs.readlinkSync(`/proc/${helper.pid}/ns/net`);
    expect(namespace).not.toBe(fs.readlinkSync('/proc/self/ns/net'));
    await expectSeen(run, helper, namespace, helper.pid);
  }
});

const asNobody = { uid: 65534, gid: 65534 };
const readable = [
  'setpriv',
  '--reuid=65534',
  '--regid=65534',
  '--clear-groups',
  process.execPath,
  main,
  '--help',
];

testWith([NEEDS.netns, readable], 'also without the permission to look into that process', async () => {
  const helper = loner();
  await helper.line();
  const run = await ProcRun.started({ spawn: asNobody });
  await expectSeen(run, helper, 'other', undefined);
});

testWith([], 'processes that hide their network namespace are told to', async () => {
  const preload = `data:text/javascript,${encodeURIComponent(`
    import fs from 'node:fs';
    const real = fs.statSync;
    fs.statSync = (name, ...rest) => {
      if (/^.proc.[0-9]+.net.tcp$/.test(name)) throw Object.assign(new Error('hidden'), { code: 'EACCES' });
      return real(name, ...rest);
    };`)}`;
  const run = new ProcRun({ env: { NODE_OPTIONS: `--import=${preload}` } });
  await run.warned(/proc: some processes hide their network namespace/);
});
