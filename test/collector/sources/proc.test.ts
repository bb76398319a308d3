import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { eventFromJSON, type UnifiedEvent } from '@tapio/performance';
import type * as ConnectionsModule from '../../../dist/collector/proc/connection-watcher';
import type * as StatModule from '../../../dist/collector/proc/process-stat';
import type * as ProcessesModule from '../../../dist/collector/proc/process-watcher';
import type * as FilesModule from '../../../dist/collector/proc/read-file';
import type * as TableModule from '../../../dist/collector/proc/tcp-table';
import type * as ProcModule from '../../../dist/collector/sources/proc';
import { endAll, internal, summaryOf, Tapio, tapio } from '../cli';

const { ConnectionWatcher } = internal<typeof ConnectionsModule>('proc/connection-watcher');
const { parseProcessStat, parseUid } = internal<typeof StatModule>('proc/process-stat');
const { ProcessWatcher } = internal<typeof ProcessesModule>('proc/process-watcher');
const { FileReader } = internal<typeof FilesModule>('proc/read-file');
const { parseEndpoint, parseTcpTable } = internal<typeof TableModule>('proc/tcp-table');
const { checkProc } = internal<typeof ProcModule>('sources/proc');

/** What the test leaves open; without it a failed test would keep this process from ending. */
const cleanUp: (() => unknown)[] = [];
afterEach(() => {
  for (const step of cleanUp.splice(0)) step();
  endAll();
});

describe('parsing', () => {
  test('a stat line whose command has spaces and parentheses', () => {
    const text =
      '42 (a) b (c) S 7 42 42 0 -1 4194368 1 2 3 4 50 60 5 6 20 0 1 0 123456 1000000 321 18446744073709551615 1 1 0';
    expect(parseProcessStat(text)).toEqual({
      comm: 'a) b (c',
      ended: false,
      ppid: 7,
      forked: true,
      cpuTicks: 110,
      threads: 1,
      startTime: 123456,
      rssPages: 321,
      image: undefined,
      isBetweenPrograms: false,
    });
    expect(parseProcessStat('')).toBeUndefined();
    expect(parseProcessStat('42 (cut) S 7 42')).toBeUndefined();
    expect(parseUid('Name:\tx\nUid:\t1000\t0\t0\t0\nGid:\t5\n')).toBe(1000);
  });

  test('addresses of both byte orders and families', () => {
    expect(parseEndpoint('0100007F:1F90', 'LE')).toEqual({ ip: '127.0.0.1', port: 8080 });
    expect(parseEndpoint('7F000001:1F90', 'BE')).toEqual({ ip: '127.0.0.1', port: 8080 });
    const six = (text: string): string => parseEndpoint(`${text}:0001`, 'LE').ip;
    expect(six('00000000000000000000000000000000')).toBe('::');
    expect(six('00000000000000000000000001000000')).toBe('::1');
    expect(six('B80D0120000000000000000001000000')).toBe('2001:db8::1');
    expect(six('B80D0120010000000000000001000200')).toBe('2001:db8:0:1::2:1');
    expect(six('0000000000000000FFFF00000100A8C0')).toBe('192.168.0.1');
    expect(parseEndpoint('20010DB8000000000000000000000001:0050', 'BE')).toEqual({
      ip: '2001:db8::1',
      port: 80,
    });
  });

  test('a table of TCP sockets, also an empty or cut one', () => {
    const heading =
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
    const line =
      '   0: 0100007F:0277 0200007F:C001 01 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 20 4\n';
    expect(parseTcpTable(heading + line)).toEqual([
      { key: '0100007F:0277 0200007F:C001', state: 1, inode: '4711', uid: 1000 },
    ]);
    expect(parseTcpTable(heading + line + line.slice(0, 30))).toHaveLength(1);
    expect(parseTcpTable(heading)).toEqual([]);
    expect(parseTcpTable('')).toEqual([]);
  });
});

describe('what changed', () => {
  let root: string;
  beforeEach(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-proc-'));
    fs.mkdirSync(path.join(root, 'self'));
  });
  afterEach(() => fs.rmSync(root, { recursive: true }));

  const clock = { nowMs: 0 };
  const measures = { pageSize: 4096, ticksPerSecond: 100, bootTime: () => 1_000_000, now: () => clock.nowMs };
  function write(name: string, text: string): void {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), text);
  }
  function writeProcess(pid: number, comm: string, ticks: number, startTime: number, rssPages: number): void {
    write(
      `${pid}/stat`,
      `${pid} (${comm}) S 1 1 1 0 -1 0 0 0 0 0 ${ticks} 0 0 0 20 0 1 0 ${startTime} 0 ${rssPages} 0 0\n`,
    );
    write(`${pid}/status`, `Name:\t${comm}\nUid:\t33\t33\t33\t33\n`);
  }

  function sampleAt(watcher: ProcessesModule.ProcessWatcher, nowMs: number): ProcessesModule.ProcessChange[] {
    clock.nowMs = nowMs;
    return watcher.sample();
  }

  test('processes that start, exit, are replaced under the same pid, work and grow', () => {
    const watcher = new ProcessWatcher(root, new FileReader(), measures);
    writeProcess(10, 'stays', 0, 100, 1000);
    writeProcess(11, 'ends', 0, 100, 1000);
    writeProcess(12, 'old', 0, 100, 1000);
    expect(sampleAt(watcher, 1000)).toEqual([]);
    writeProcess(10, 'stays', 50, 100, 2000);
    fs.rmSync(path.join(root, '11'), { recursive: true });
    writeProcess(12, 'new', 0, 99_000, 1000);
    writeProcess(13, 'starts', 0, 99_500, 1000);
    const changes = sampleAt(watcher, 2000);
    expect(changes).toHaveLength(6);
    expect(changes).toEqual(
      expect.arrayContaining([
        {
          kind: 'cpu',
          process: expect.objectContaining({ pid: 10, comm: 'stays', uid: 33 }),
          percent: 50,
          periodMs: 1000,
        },
        { kind: 'memory', process: expect.objectContaining({ pid: 10 }), rssBytes: 2000 * 4096 },
        { kind: 'exit', process: expect.objectContaining({ pid: 11, comm: 'ends' }), lifetimeMs: 999_000 },
        { kind: 'exit', process: expect.objectContaining({ pid: 12, comm: 'old' }), lifetimeMs: 999_000 },
        { kind: 'start', process: expect.objectContaining({ pid: 12, comm: 'new', ppid: 1 }) },
        { kind: 'start', process: expect.objectContaining({ pid: 13, comm: 'starts' }) },
      ]),
    );
    // Steady work and size are no change.
    writeProcess(10, 'stays', 101, 100, 2010);
    expect(sampleAt(watcher, 3000)).toEqual([]);
    writeProcess(10, 'stays', 101, 100, 2010);
    expect(sampleAt(watcher, 4000)).toEqual([
      { kind: 'cpu', process: expect.objectContaining({ pid: 10 }), percent: 0, periodMs: 1000 },
    ]);
  });

  test('a directory that is no process or has no stat is passed over', () => {
    const watcher = new ProcessWatcher(root, new FileReader(), measures);
    fs.mkdirSync(path.join(root, '77'));
    write('78/stat', 'garbage');
    write('sys/kernel', '');
    expect(sampleAt(watcher, 1000)).toEqual([]);
    expect([...watcher.living()]).toEqual([]);
  });

  const socket = (local: string, remote: string, state: string, inode: number): string =>
    `   0: 0100007F:${local} 0100007F:${remote} ${state} 0:0 0:0 0  1000  0 ${inode} 1 0 0\n`;
  const table = (...sockets: string[]): void => write('net/tcp', `heading\n${sockets.join('')}`);

  test('connections that open, close, leave a trace only, or take over the ports of another', () => {
    const watcher = new ConnectionWatcher(new FileReader());
    const listener = socket('0050', '0000', '0A', 1);
    table(listener, socket('9000', '0050', '01', 2));
    expect(watcher.sample(`${root}/net`)).toEqual([]);

    table(
      listener,
      socket('9000', '0050', '01', 2),
      socket('0050', '9001', '01', 3),
      socket('9002', '0050', '02', 4),
    );
    expect(watcher.sample(`${root}/net`)).toMatchObject([
      {
        kind: 'open',
        connection: { local: { port: 80 }, remote: { port: 0x9001 }, direction: 'ingress', uid: 1000 },
      },
    ]);

    // 9000 closed by its own side, 9001 gone, 9002 connected, 9003 came and went between the samples.
    table(
      listener,
      socket('9000', '0050', '06', 0),
      socket('9002', '0050', '01', 4),
      socket('9003', '0050', '06', 0),
    );
    const changes = watcher
      .sample(`${root}/net`)
      .map(({ kind, connection }) => `${kind} ${connection.local.port.toString(16)}`);
    expect(changes.sort()).toEqual(['close 50', 'close 9000', 'close 9003', 'open 9002', 'open 9003']);

    // 9002: another socket with the same ports. 9000: opened again out of TIME_WAIT.
    table(listener, socket('9000', '0050', '01', 8), socket('9002', '0050', '01', 9));
    expect(watcher.sample(`${root}/net`).map(({ kind, connection }) => [kind, connection.inode])).toEqual([
      ['open', '8'],
      ['close', '4'],
      ['open', '9'],
    ]);
    // Half closed is still open, and orphaned is still the same.
    table(listener, socket('9000', '0050', '08', 8), socket('9002', '0050', '05', 0));
    expect(watcher.sample(`${root}/net`)).toEqual([]);
  });

  test('another platform, a missing and a hidden /proc are unsupported, with the reason', () => {
    const unsupported = (message: RegExp): object =>
      expect.objectContaining({ code: 'ERR_UNSUPPORTED', message: expect.stringMatching(message) });
    const errorOf = (platform: NodeJS.Platform): unknown => {
      try {
        checkProc(root, platform);
      } catch (error) {
        return error;
      }
      return undefined;
    };
    expect(errorOf('darwin')).toEqual(unsupported(/darwin/));
    expect(errorOf('linux')).toEqual(unsupported(/1\/stat \(ENOENT\)/));
    write('self/mounts', 'proc /proc proc rw,nosuid,hidepid=invisible,gid=5 0 0\n');
    expect(errorOf('linux')).toEqual(unsupported(/hidepid=invisible/));
    write('1/stat', '1 (init) S 0');
    expect(errorOf('linux')).toBeUndefined();
  });
});

if (process.platform === 'linux') {
  describe('a run on this host', () => {
    test('a process and a TCP connection of ours are seen to begin and to end', async () => {
      const run = new Tapio([
        'collect',
        '--source',
        'proc',
        '--proc-interval',
        '50',
        '--sink',
        'stdout',
        '--json',
      ]);
      const events = (): UnifiedEvent[] =>
        run.output.stdout
          .split('\n')
          .slice(0, -1)
          .filter((line) => line.includes('"timestamp"'))
          .map(eventFromJSON);
      const seen = (test: (event: UnifiedEvent) => boolean): Promise<void> =>
        run.until('stdout', () => events().some(test));
      await run.started('stderr');

      const child = spawn('sleep', ['60']);
      cleanUp.push(() => child.kill());
      const isStart = ({ type, kernel }: UnifiedEvent): boolean =>
        type === 'process.start' && kernel?.pid === child.pid;
      await seen(isStart);
      child.kill();
      await seen(({ type, kernel }) => type === 'process.exit' && kernel?.pid === child.pid);
      expect(events().find(isStart)).toMatchObject({
        source: 'proc',
        kernel: { pid: child.pid, uid: process.getuid?.() },
        attributes: { ppid: process.pid },
      });

      const server = net.createServer().listen(0, '127.0.0.1');
      cleanUp.push(() => server.close());
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const client = net.connect(port, '127.0.0.1');
      cleanUp.push(() => client.destroy());
      const [accepted] = (await once(server, 'connection')) as [net.Socket];
      const ours = (kind: string, direction: string) => (event: UnifiedEvent) =>
        event.type === `tcp.${kind}` &&
        event.network?.destPort === port &&
        event.network.direction === direction;
      await seen(ours('open', 'egress'));
      await seen(ours('open', 'ingress'));
      expect(events().find(ours('open', 'egress'))).toMatchObject({
        kernel: { pid: process.pid },
        network: {
          protocol: 'tcp',
          sourceIP: '127.0.0.1',
          sourcePort: client.localPort,
          destIP: '127.0.0.1',
          destPort: port,
        },
      });
      client.destroy();
      accepted.destroy();
      await seen(ours('close', 'egress'));
      await seen(ours('close', 'ingress'));
      server.close();

      run.child.kill('SIGINT');
      const result = await run.end();
      const summary = summaryOf(result);
      expect(result.code).toBe(0);
      expect(summary.produced).toBe(summary.delivered);
      expect(summary.sources.proc.produced).toBe(events().length);
    });

    test('it stays cheap', async () => {
      const summary = summaryOf(await tapio(['collect', '--source', 'proc', '--duration', '2', '--json']));
      expect(summary.durationMs).toBeGreaterThanOrEqual(2000);
      // All of the process: far below a core even on a busy machine.
      expect(summary.processCpuPercent).toBeLessThan(50);
    });
  });
}
