/**
 * Real events of this host without privileges: a sample of /proc at an interval, and an event for each
 * difference from the sample before. Types: process.start, process.exit, process.cpu, process.memory,
 * process.exec, process.change, tcp.open, tcp.close. What begins and ends between two samples is not seen.
 */
import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { binding } from '../../binding';
import { TapioError } from '../../errors';
import { generateEventId, type UnifiedEvent } from '../../index';
import type { ConnectionChange } from '../proc/connection-watcher';
import { NetworkWatcher } from '../proc/network-watcher';
import { ProcessWatcher, type KernelMeasures, type ProcessChange } from '../proc/process-watcher';
import { FileReader } from '../proc/read-file';
import { SamplePace } from '../proc/sample-pace';
import { SocketOwners } from '../proc/socket-owners';
import type { SourceContext, SourceDefinition } from './source';

interface ProcSettings {
  readonly intervalMs: number;
  readonly root: string;
}

export const source: SourceDefinition<ProcSettings> = {
  summary: 'processes and TCP connections of this host (Linux)',
  memory: 12,
  stampsEvents: true,
  settings: (options) => ({ intervalMs: options.procIntervalMs, root: '/proc' }),
  run,
};

async function run({
  settings,
  signal,
  outlet,
  now,
  ready,
  warn,
}: SourceContext<ProcSettings>): Promise<void> {
  const { root, intervalMs } = settings;
  checkProc(root, process.platform);
  if (!fs.existsSync(`${root}/self`)) {
    warn(
      `${root} is that of another pid namespace: pids and connections are those of the processes in there`,
    );
  }
  const files = new FileReader();
  const processes = new ProcessWatcher(root, files, kernelMeasures());
  const network = new NetworkWatcher(root, files, warn);
  const owners = new SocketOwners();
  const pace = new SamplePace(intervalMs, warn);
  sampleProcesses(processes, root);
  network.sample(processes.living());
  await ready();
  for (let pauseMs = intervalMs; ;) {
    await delay(pauseMs, undefined, { signal }).catch(ignoreAbort);
    if (signal.aborted) return;
    const begin = { wall: performance.now(), cpu: binding.threadCpuTime() };
    const processChanges = sampleProcesses(processes, root);
    const connectionChanges = network.sample(processes.living());
    findOwners(connectionChanges, owners, processes);
    const timestamp = now();
    outlet.offer([
      ...processChanges.map((change) => processEvent(change, timestamp)),
      ...connectionChanges.map((change) => connectionEvent(change, timestamp)),
    ]);
    pauseMs = pace.pause(binding.threadCpuTime() - begin.cpu, performance.now() - begin.wall);
  }
}

function kernelMeasures(): KernelMeasures {
  const [pageSize, ticksPerSecond] = binding.kernelUnits();
  // Not os.uptime(): it believes /proc/uptime, which containers are often given one of their own.
  return { pageSize, ticksPerSecond, bootTime: binding.bootTime, now: () => performance.now() };
}

/** Throws ERR_UNSUPPORTED if /proc has gone: what it showed has not ended. */
function sampleProcesses(processes: ProcessWatcher, root: string): ProcessChange[] {
  let reason = 'it shows no process';
  try {
    const changes = processes.sample();
    if (processes.living().next().done !== true) return changes;
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    reason = `${code} on ${syscall}`;
  }
  throw new TapioError('ERR_UNSUPPORTED', `${root} has gone (${reason}): is it still mounted?`);
}

function ignoreAbort(error: Error): void {
  if (error.name !== 'AbortError') throw error;
}

/** Throws ERR_UNSUPPORTED if /proc is not there or hides the processes of other users. */
export function checkProc(root: string, platform: NodeJS.Platform): void {
  if (platform !== 'linux') {
    throw new TapioError(
      'ERR_UNSUPPORTED',
      `the proc source reads Linux's /proc; this platform is ${platform}`,
    );
  }
  try {
    fs.readFileSync(`${root}/1/stat`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    let mounts = '';
    try {
      mounts = fs.readFileSync(`${root}/self/mounts`, 'utf8');
    } catch {
      // No mounts file either: the message is the general one.
    }
    const hidepid = /^\S+ \/proc proc \S*(hidepid=\w+)/m.exec(mounts)?.[1];
    throw new TapioError(
      'ERR_UNSUPPORTED',
      hidepid
        ? `/proc is mounted with ${hidepid}, which hides other users' processes (${code} on ${root}/1/stat): ` +
            'run as root, or join the group of the mount option gid='
        : `the proc source cannot read ${root}/1/stat (${code}): is ${root} mounted and visible here?`,
    );
  }
}

function findOwners(changes: ConnectionChange[], owners: SocketOwners, processes: ProcessWatcher): void {
  const wanted = new Map<string, ConnectionChange['connection']>();
  for (const { kind, connection } of changes) {
    if (kind === 'open' && connection.inode !== '0') wanted.set(connection.inode, connection);
  }
  for (const [inode, pid] of owners.find(new Set(wanted.keys()), processes.living())) {
    const connection = wanted.get(inode);
    if (connection) connection.owner = processes.get(pid);
  }
}

export function processEvent(change: ProcessChange, timestamp: bigint): UnifiedEvent {
  const { pid, ppid, uid, comm } = change.process;
  const event: UnifiedEvent = {
    id: generateEventId(),
    timestamp,
    type: `process.${change.kind}`,
    source: 'proc',
    category: 'process',
    severity: 'info',
    kernel: { pid, uid, comm },
    attributes: { ppid },
  };
  switch (change.kind) {
    case 'cpu':
      event.metrics = {
        metricName: 'process.cpu.utilization',
        value: change.percent,
        unit: 'percent',
        periodMs: Math.round(change.periodMs),
      };
      break;
    case 'memory':
      event.metrics = { metricName: 'process.memory.rss', value: change.rssBytes, unit: 'bytes' };
      break;
    case 'exit':
      if (change.lifetimeMs !== undefined) event.attributes = { ppid, lifetimeMs: change.lifetimeMs };
      break;
    case 'exec':
    case 'change':
      event.attributes = { ppid, ...difference(change) };
      break;
    case 'start':
      break;
  }
  return event;
}

/** What a process had before, of what it no longer has. */
function difference({ process, before }: Extract<ProcessChange, { kind: 'exec' | 'change' }>): object {
  return {
    ...(before.comm === process.comm ? {} : { previousComm: before.comm }),
    ...(before.uid === process.uid || before.uid === undefined ? {} : { previousUid: before.uid }),
  };
}

/**
 * The source of the connection is the side that opened it, whichever side this host is; where that cannot be told, this side, and no
 * direction.
 */
export function connectionEvent({ kind, connection }: ConnectionChange, timestamp: bigint): UnifiedEvent {
  const { local, remote, direction, uid, owner, network } = connection;
  const [from, to] = direction === 'ingress' ? [remote, local] : [local, remote];
  return {
    id: generateEventId(),
    timestamp,
    type: `tcp.${kind}`,
    source: 'proc',
    category: 'network',
    severity: 'info',
    kernel: { pid: owner?.pid, uid, comm: owner?.comm },
    network: {
      protocol: 'tcp',
      sourceIP: from.ip,
      sourcePort: from.port,
      destIP: to.ip,
      destPort: to.port,
      direction,
    },
    attributes: network === undefined ? undefined : { networkNamespace: network },
  };
}
