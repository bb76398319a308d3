/** The rules of the proc source that no host shows at will, on made-up trees, figures and clocks. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type * as ListenersModule from '../../../dist/collector/proc/listeners';
import type * as NetworkModule from '../../../dist/collector/proc/network-watcher';
import type * as StatModule from '../../../dist/collector/proc/process-stat';
import type * as ProcessesModule from '../../../dist/collector/proc/process-watcher';
import type * as FilesModule from '../../../dist/collector/proc/read-file';
import type * as PaceModule from '../../../dist/collector/proc/sample-pace';
import type * as ProcModule from '../../../dist/collector/sources/proc';
import { internal } from '../cli';
import { endAllRuns, ProcRun, testWith } from './proc-run';

const { Listeners } = internal<typeof ListenersModule>('proc/listeners');
const { NetworkWatcher } = internal<typeof NetworkModule>('proc/network-watcher');
const { parseProcessStat } = internal<typeof StatModule>('proc/process-stat');
const { ProcessWatcher } = internal<typeof ProcessesModule>('proc/process-watcher');
const { FileReader } = internal<typeof FilesModule>('proc/read-file');
const { SamplePace } = internal<typeof PaceModule>('proc/sample-pace');
const { connectionEvent, processEvent } = internal<typeof ProcModule>('sources/proc');

let root: string;
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-proc-'));
  fs.mkdirSync(path.join(root, 'self'));
});
afterEach(() => {
  endAllRuns();
  fs.rmSync(root, { recursive: true });
});

function write(name: string, text: string): void {
  fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
  fs.writeFileSync(path.join(root, name), text);
}

interface Stat {
  comm?: string;
  state?: string;
  flags?: number;
  threads?: number;
  startTime?: number;
  startCode?: number;
  startStack?: number;
}

function statLine(pid: number, stat: Stat = {}): string {
  const {
    comm = 'name',
    state = 'S',
    flags = 0,
    threads = 1,
    startTime = 100,
    startCode = 1,
    startStack = 0,
  } = stat;
  return `${pid} (${comm}) ${state} 1 1 1 0 -1 ${flags} 0 0 0 0 0 0 0 0 20 0 ${threads} 0 ${startTime} 0 10 0 ${startCode} 0 ${startStack} 0\n`;
}

function writeProcess(pid: number, stat: Stat = {}, uid = 33): void {
  write(`${pid}/stat`, statLine(pid, stat));
  write(`${pid}/status`, `Name:\tx\nUid:\t${uid}\t0\t0\t0\n`);
}

function watchProcesses(bootTime = 5000): ProcessesModule.ProcessWatcher {
  const measures = {
    pageSize: 4096,
    ticksPerSecond: 100,
    bootTime: () => bootTime,
    now: () => performance.now(),
  };
  return new ProcessWatcher(root, new FileReader(), measures);
}

describe('processes', () => {
  test('nothing has ended by it that all went away after it was listed', () => {
    const watcher = watchProcesses(5000);
    write('10/stat', '10 (a) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0 10 0 0\n');
    write('11/stat', '11 (b) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0 10 0 0\n');
    expect(watcher.sample()).toEqual([]);
    fs.rmSync(path.join(root, '11'), { recursive: true });
    fs.rmdirSync(path.join(root, 'self'));
    expect(() => watcher.sample()).toThrow(/ENOENT/);
  });

  test('a look in the midst of an exec sees neither the new name nor a process, but for a kernel that never tells', () => {
    const watcher = watchProcesses(5000);
    const look = (stat: Stat): string[] => {
      writeProcess(7, stat);
      return watcher.sample().map(({ kind, process }) => `${kind} ${process.comm}`);
    };
    watcher.sample();
    expect(look({ comm: 'sh', startCode: 0 })).toEqual([]);
    expect(look({ comm: 'sh', startCode: 4096, startStack: 9 })).toEqual(['start sh']);
    expect(look({ comm: 'ls', startCode: 0 })).toEqual([]);
    expect(look({ comm: 'ls', startCode: 8192, startStack: 9 })).toEqual(['exec ls']);
    writeProcess(8, { comm: 'odd', startCode: 0 });
    expect(look({ comm: 'ls', startCode: 8192, startStack: 9 })).toEqual([]);
    expect(look({ comm: 'ls', startCode: 8192, startStack: 9 })).toEqual(['start odd']);
    expect(look({ comm: 'ls', startCode: 0, state: 'Z' })).toEqual(['exit ls']);
  });

  test('a start that lies in the future of the clock gives no lifetime', () => {
    const watcher = watchProcesses(5000);
    writeProcess(7, { startTime: 400 });
    writeProcess(8, { startTime: 600 });
    watcher.sample();
    fs.rmSync(path.join(root, '7'), { recursive: true });
    writeProcess(8, { startTime: 600, state: 'Z' });
    const events = watcher.sample().map((change) => processEvent(change, 0n));
    expect(events.map(({ kernel, attributes }) => [kernel!.pid, attributes])).toEqual([
      [8, { ppid: 1 }],
      [7, { ppid: 1, lifetimeMs: 1000 }],
    ]);
  });

  test('one that was born and died between two samples, and is not reaped, has started and ended', () => {
    const watcher = watchProcesses();
    watcher.sample();
    writeProcess(7, { state: 'Z' });
    expect(watcher.sample().map(({ kind }) => kind)).toEqual(['start', 'exit']);
    expect(watcher.sample()).toEqual([]);
    expect([...watcher.living()]).toEqual([]);
    // The pid of a zombie that was reaped meanwhile.
    writeProcess(7, { startTime: 300 });
    expect(watcher.sample().map(({ kind }) => kind)).toEqual(['start']);
  });

  test('one whose first thread has ended lives while it has others, also when none of them is met', () => {
    const watcher = watchProcesses();
    writeProcess(7, { threads: 3 });
    watcher.sample();
    writeProcess(7, { threads: 3, state: 'Z' });
    expect(watcher.sample()).toEqual([]);
    write('7/task/7/stat', statLine(7, { state: 'Z' }));
    write('7/task/9/stat', statLine(9, { state: 'X' }));
    expect(watcher.sample()).toEqual([]);
    expect([...watcher.living()].map(({ pid }) => pid)).toEqual([7]);
    writeProcess(7, { state: 'Z' });
    expect(watcher.sample().map(({ kind }) => kind)).toEqual(['exit']);
  });

  test('an exec shows in the place of the program, or in that the process has executed none before', () => {
    const PF_FORKNOEXEC = 0x40;
    const kinds = (before: Stat, after: Stat): string[] => {
      const watcher = watchProcesses();
      writeProcess(7, before);
      watcher.sample();
      writeProcess(7, after);
      return watcher.sample().map(({ kind }) => kind);
    };
    expect(kinds({ flags: PF_FORKNOEXEC }, {})).toEqual(['exec']);
    expect(kinds({ startCode: 4096, startStack: 9 }, { startCode: 8192, startStack: 9 })).toEqual(['exec']);
    expect(kinds({ startCode: 4096, startStack: 9 }, { startCode: 4096, startStack: 8 })).toEqual(['exec']);
    // Not permitted to be seen, before or after.
    expect(kinds({ startCode: 4096, startStack: 9 }, { startCode: 1 })).toEqual([]);
    expect(kinds({ startCode: 1 }, { startCode: 1, comm: 'other' })).toEqual(['change']);
  });

  test('among very many processes a change of user is found within a bounded number of samples', () => {
    const watcher = watchProcesses();
    const pids = Array.from({ length: 300 }, (_, index) => 1000 + index);
    for (const pid of pids) writeProcess(pid);
    watcher.sample();
    for (const pid of pids) writeProcess(pid, {}, 34);
    const told = Array.from({ length: 5 }, () => watcher.sample()).flat();
    expect(told.map(({ process }) => process.pid).sort()).toEqual(pids);
    for (const change of told) expect(change).toMatchObject({ kind: 'change', before: { uid: 33 } });
  });

  test('a thread of the kernel has the name that the kernel keeps, without what it works at', () => {
    const PF_KTHREAD = 0x20_0000;
    const PF_WQ_WORKER = 0x20;
    const name = (comm: string, flags: number): string =>
      parseProcessStat(statLine(7, { comm, flags }))!.comm;
    expect(name('kworker/0:1-events_power_efficient', PF_KTHREAD | PF_WQ_WORKER)).toBe('kworker/0:1');
    expect(name('kworker/u8:2+writeback', PF_KTHREAD | PF_WQ_WORKER)).toBe('kworker/u8:2');
    expect(name('kworker/R-mm_percpu_wq-mm_percpu_wq', PF_KTHREAD | PF_WQ_WORKER)).toBe('kworker/R-mm_pe');
    expect(name('a_very_long_thread_name', PF_KTHREAD)).toBe('a_very_long_thr');
    expect(name('kworker/0:1-mine', 0)).toBe('kworker/0:1-mine');
  });
});

describe('directions by who listens', () => {
  const end = (ip: string, port: number): { ip: string; port: number } => ({ ip, port });
  const listeners = new Listeners();
  listeners.replace([end('127.0.0.1', 80), end('0.0.0.0', 81), end('::', 82), end('10.0.0.1', 83)]);

  test.each([
    ['accepted at its own address', end('127.0.0.1', 80), end('127.0.0.1', 4000), true, 'ingress'],
    ['dialled from the same port elsewhere', end('127.0.0.2', 80), end('127.0.0.1', 80), true, 'egress'],
    ['the other end of that', end('127.0.0.1', 80), end('127.0.0.2', 80), true, 'ingress'],
    ['accepted at any address', end('10.0.0.1', 81), end('10.0.0.9', 81), false, 'ingress'],
    ['IPv4 at a listener for both', end('10.0.0.1', 82), end('10.0.0.9', 4000), false, 'ingress'],
    ['IPv6 at a listener for IPv4', end('fe80::1', 81), end('fe80::2', 4000), false, 'egress'],
    ['dialled to another host', end('10.0.0.1', 4000), end('10.0.0.9', 80), false, 'egress'],
    ['both listen', end('127.0.0.1', 80), end('127.0.0.1', 81), true, undefined],
    ['both listen, and one is gone', end('127.0.0.1', 80), end('127.0.0.1', 81), false, undefined],
    ['neither listens any more', end('127.0.0.1', 4000), end('127.0.0.1', 4001), true, undefined],
  ])('%s', (_name, local, remote, seesRemote, direction) => {
    expect(listeners.directionOf(local, remote, seesRemote)).toBe(direction);
  });

  test('a listener counts for one sample after it was closed', () => {
    const closing = new Listeners();
    const [local, remote] = [end('10.0.0.1', 80), end('10.0.0.9', 4000)];
    closing.replace([local]);
    closing.replace([]);
    expect(closing.directionOf(local, remote, false)).toBe('ingress');
    closing.replace([]);
    expect(closing.directionOf(local, remote, false)).toBe('egress');
  });

  test('an event without a direction has this side as its source', () => {
    const connection = {
      ...{ local: end('127.0.0.1', 80), remote: end('127.0.0.1', 81), direction: undefined },
      ...{ uid: 1, inode: '5', network: undefined },
    };
    const { network } = connectionEvent({ kind: 'open', connection }, 0n);
    expect(network).toEqual({
      protocol: 'tcp',
      sourceIP: '127.0.0.1',
      sourcePort: 80,
      destIP: '127.0.0.1',
      destPort: 81,
    });
  });
});

describe('network namespaces', () => {
  const socket = (port: number, state: string): string =>
    `   0: 0100007F:${port} 0100007F:9999 ${state} 0:0 0:0 0  1000  0 ${port} 1 0 0\n`;
  const connect = (pid: number, ...sockets: string[]): void =>
    write(`${pid}/net/tcp`, `heading\n${sockets.join('')}`);
  const warnings: string[] = [];
  let processes: ProcessesModule.ProcessWatcher;
  let network: NetworkModule.NetworkWatcher;
  const changes = (): string[] => {
    processes.sample();
    return network.sample(processes.living()).map(({ kind, connection }) => `${kind} ${connection.inode}`);
  };
  beforeEach(() => {
    warnings.length = 0;
    processes = watchProcesses();
    network = new NetworkWatcher(root, new FileReader(), (text) => warnings.push(text));
  });

  test('what a new namespace has is new, and what it had ends with its last process', () => {
    writeProcess(7);
    connect(7, socket(1000, '01'));
    expect(changes()).toEqual([]);
    writeProcess(8);
    connect(8, socket(2000, '01'));
    expect(changes()).toEqual(['open 2000']);
    // Another process of the same one takes the place of the first.
    writeProcess(9);
    fs.mkdirSync(path.join(root, '9/net'));
    fs.linkSync(path.join(root, '8/net/tcp'), path.join(root, '9/net/tcp'));
    expect(changes()).toEqual([]);
    fs.rmSync(path.join(root, '8'), { recursive: true });
    expect(changes()).toEqual([]);
    fs.rmSync(path.join(root, '9'), { recursive: true });
    expect(changes()).toEqual(['close 2000']);
  });

  test('tables that cannot be read for once have not lost their connections', () => {
    writeProcess(7);
    connect(7, socket(1000, '01'));
    write('7/net/tcp6', 'heading\n');
    // What tells that nothing has changed must not hide what could not be read.
    const established = (count: number): void =>
      write('7/net/snmp', `Tcp: ActiveOpens PassiveOpens CurrEstab\nTcp: 1 1 ${count}\n`);
    write('7/net/sockstat', 'TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 1\n');
    established(1);
    changes();
    fs.rmSync(path.join(root, '7/net/tcp6'));
    connect(7);
    established(0);
    expect(changes()).toEqual([]);
    write('7/net/tcp6', 'heading\n');
    expect(changes()).toEqual(['close 1000']);
  });

  test('more of them than are watched are told, once', () => {
    for (let pid = 100; pid < 240; pid++) {
      writeProcess(pid);
      connect(pid);
    }
    changes();
    changes();
    expect(warnings).toEqual([expect.stringMatching(/^more than 128 other network namespaces/)]);
  });

  test('where the same one looks like another each time, only our own is watched, and that is told', () => {
    write('self/net/tcp', 'heading\n');
    write('thread-self/net/tcp', 'heading\n');
    writeProcess(7);
    connect(7, socket(1000, '01'));
    network = new NetworkWatcher(root, new FileReader(), (text) => warnings.push(text));
    changes();
    write('self/net/tcp', `heading\n${socket(3000, '01')}`);
    connect(7);
    expect(changes()).toEqual(['open 3000']);
    expect(warnings).toEqual([expect.stringMatching(/does not tell network namespaces apart/)]);
  });
});

describe('the pace', () => {
  test('is as asked while a sample takes little CPU time, however long it waits for a CPU', () => {
    const warnings: string[] = [];
    const pace = new SamplePace(500, (text) => warnings.push(text));
    expect(pace.pause(6, 20)).toBe(480);
    for (let sample = 0; sample < 10; sample++) expect(pace.pause(6, 400)).toBe(100);
    expect(pace.pause(6, 700)).toBe(0);
    expect(warnings).toEqual([]);
  });

  test('slows to 5 % of a core, and tells so when it lasts and when it has doubled', () => {
    const warnings: string[] = [];
    const pace = new SamplePace(500, (text) => warnings.push(text));
    expect(pace.pause(50, 60)).toBe(940);
    expect(pace.pause(50, 60)).toBe(940);
    expect(warnings).toEqual([]);
    for (let sample = 0; sample < 10; sample++) pace.pause(50, 60);
    expect(warnings).toEqual([expect.stringMatching(/every 1000 ms instead of 500, as one takes 50.0 ms/)]);
    for (let sample = 0; sample < 10; sample++) pace.pause(150, 150);
    expect(warnings).toHaveLength(2);
    expect(warnings[1]).toMatch(/every 3000 ms instead of 500/);
  });

  /** Makes each listing of /proc take a while, and tell of itself. */
  const slowed = (script: string): NodeJS.ProcessEnv => {
    const file = path.join(root, 'preload.cjs');
    fs.writeFileSync(
      file,
      `const fs = require('node:fs');
      const real = fs.readdirSync;
      fs.readdirSync = (name, ...rest) => {
        if (name === '/proc') { ${script}; fs.writeSync(2, 'sampled\\n'); }
        return real(name, ...rest);
      };`,
    );
    return { NODE_OPTIONS: `--require ${file}` };
  };
  const hasSampled = (times: number) => (text: string) => text.split('sampled').length > times;

  testWith([], 'a sample that waits is followed by the next one in time', async () => {
    const wait = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)';
    const run = new ProcRun({ env: slowed(wait) });
    // At a share of 5 % of the time, as of the CPU, one sample would take 10 s.
    await run.tapio.until('stderr', hasSampled(8));
  });

  testWith([], 'a sample that works for long slows the next ones, and it is told', async () => {
    const run = new ProcRun({
      env: slowed('const end = performance.now() + 20; while (performance.now() < end);'),
    });
    await run.warned(/proc: samples come every \d+ ms instead of 50/);
  });
});
