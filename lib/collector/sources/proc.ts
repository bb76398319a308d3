/**
 * Real events of this host without privileges: a sample of /proc at an interval, and an event for each
 * difference from the sample before. Types: process.start, process.exit, process.cpu, process.memory,
 * tcp.open, tcp.close. What begins and ends between two samples is not seen.
 */
import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { TapioError } from '../../errors';
import { generateEventId, type UnifiedEvent } from '../../index';
import { ConnectionWatcher, type ConnectionChange } from '../proc/connection-watcher';
import { readKernelConstants } from '../proc/kernel-constants';
import { ProcessWatcher, type ProcessChange } from '../proc/process-watcher';
import { FileReader } from '../proc/read-file';
import { SocketOwners } from '../proc/socket-owners';
import type { SourceContext, SourceDefinition } from './source';

interface ProcSettings {
  readonly intervalMs: number;
  readonly root: string;
}

/** At most this share of a core: on a host with very many processes or sockets samples come less often. */
const MAX_CORE_SHARE = 0.05;

export const procSource: SourceDefinition<ProcSettings> = {
  summary: 'processes and TCP connections of this host (Linux)',
  stampsEvents: true,
  settings: (options) => [{ intervalMs: options.procIntervalMs, root: '/proc' }],
  run,
};

async function run({ settings, signal, outlet, now, ready }: SourceContext<ProcSettings>): Promise<void> {
  const { root, intervalMs } = settings;
  checkProc(root, process.platform);
  const files = new FileReader();
  const processes = new ProcessWatcher(root, files, readKernelConstants());
  const connections = new ConnectionWatcher(root, files);
  const owners = new SocketOwners(root);
  processes.sample(performance.now());
  connections.sample();
  await ready();
  let sampleMs = 0;
  for (;;) {
    await delay(Math.max(intervalMs - sampleMs, sampleMs / MAX_CORE_SHARE), undefined, { signal }).catch(
      ignoreAbort,
    );
    if (signal.aborted) return;
    const begin = performance.now();
    const processChanges = processes.sample(begin);
    const connectionChanges = connections.sample();
    findOwners(connectionChanges, owners, processes);
    const timestamp = now();
    outlet.offer([
      ...processChanges.map((change) => processEvent(change, timestamp)),
      ...connectionChanges.map((change) => connectionEvent(change, timestamp, processes)),
    ]);
    sampleMs = performance.now() - begin;
  }
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
  for (const [inode, pid] of owners.find(new Set(wanted.keys()), processes.pids())) {
    const connection = wanted.get(inode);
    if (connection) connection.pid = pid;
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
      event.attributes = { ppid, lifetimeMs: change.lifetimeMs };
      break;
    case 'start':
      break;
  }
  return event;
}

/** The source of the connection is the side that opened it, whichever side this host is. */
export function connectionEvent(
  { kind, connection }: ConnectionChange,
  timestamp: bigint,
  processes: Pick<ProcessWatcher, 'get'>,
): UnifiedEvent {
  const { local, remote, direction, uid, pid } = connection;
  const [from, to] = direction === 'ingress' ? [remote, local] : [local, remote];
  const owner = pid === undefined ? undefined : processes.get(pid);
  return {
    id: generateEventId(),
    timestamp,
    type: `tcp.${kind}`,
    source: 'proc',
    category: 'network',
    severity: 'info',
    kernel: { pid, uid, comm: owner?.comm },
    network: {
      protocol: 'tcp',
      sourceIP: from.ip,
      sourcePort: from.port,
      destIP: to.ip,
      destPort: to.port,
      direction,
    },
  };
}
