/** What the embedded tracer writes: TracerRecord in native/kernel/tracer_record.h. */
import { checkLayout, type RecordField } from './layout';
import type { RecordShape, SectionDetails, ShapeDetails } from './mapping';

/** In the order of Probe in native code. */
export const KERNEL_EVENTS = [
  'syscall',
  'syscall-enter',
  'exec',
  'exit',
  'fork',
  'open',
  'connect',
  'accept',
] as const;
export type KernelEvent = (typeof KERNEL_EVENTS)[number];

export const KIND_AT = 28;

/** Added to the number of an event in native code: see kNoReturnBit and its like. */
const KIND_BITS = { noReturn: 8, interrupted: 16, foreign: 32, contained: 64 } as const;
const PROBE_MASK = 7;
/** Events of calls, which return something. */
const CALLS: readonly KernelEvent[] = ['open', 'connect', 'accept'];
const KINDS = 128;

/** In the order of Detail in native/kernel/details.h. */
const enum Detail {
  FileName,
  Arguments,
  ArgumentsTruncated,
  Parent,
  ParentComm,
  Status,
  Signal,
  Lifetime,
  Child,
  Cgroup,
  Container,
  ContainerName,
  Path,
  PathTruncated,
  Flags,
  Directory,
  Protocol,
  SourceIP,
  DestIP,
  SourcePort,
  DestPort,
}

const IDS: readonly RecordField[] = [
  { name: 'tid', type: 'u32', offset: 8 },
  { name: 'pid', type: 'u32', offset: 12 },
];
/** Of a process without ids in this pid namespace. */
const HOST_IDS: readonly RecordField[] = [
  { name: 'hostTid', type: 'u32', offset: 8 },
  { name: 'hostPid', type: 'u32', offset: 12 },
];
const COMMON: readonly RecordField[] = [
  { name: 'timestamp', type: 'u64', offset: 0 },
  { name: 'uid', type: 'u32', offset: 16 },
  { name: 'gid', type: 'u32', offset: 20 },
  { name: 'cpuCore', type: 'u32', offset: 24 },
  { name: 'comm', type: 'char[16]', offset: 48 },
];
const SYSCALL: RecordField = { name: 'syscall', type: 'u32', offset: 40 };
const RETURN_CODE: RecordField = { name: 'returnCode', type: 'i64', offset: 32 };
const INTERRUPTED: RecordField = { name: 'interrupted', type: 'i64', offset: 32 };

const TYPES: Readonly<Record<KernelEvent, string>> = {
  syscall: 'kernel.syscall',
  'syscall-enter': 'kernel.syscall.enter',
  exec: 'process.exec',
  exit: 'process.exit',
  fork: 'process.fork',
  open: 'file.open',
  connect: 'network.connect',
  accept: 'network.accept',
};

const CONTAINER: SectionDetails = {
  name: 'entity',
  constants: { type: 'container' },
  fields: { name: Detail.ContainerName, uid: Detail.Container },
};
const networkOf = (direction: 'ingress' | 'egress'): SectionDetails => ({
  name: 'network',
  constants: { direction },
  fields: {
    protocol: Detail.Protocol,
    sourceIP: Detail.SourceIP,
    sourcePort: Detail.SourcePort,
    destIP: Detail.DestIP,
    destPort: Detail.DestPort,
  },
});
const PLACE = { cgroup: Detail.Cgroup };

const DETAILS: Readonly<Record<KernelEvent, ShapeDetails>> = {
  // There are so many of them that they tell less.
  syscall: { sections: [CONTAINER] },
  'syscall-enter': { sections: [CONTAINER] },
  exec: {
    args: {
      filename: Detail.FileName,
      argv: Detail.Arguments,
      argvTruncated: Detail.ArgumentsTruncated,
      ppid: Detail.Parent,
      parentComm: Detail.ParentComm,
      ...PLACE,
    },
    sections: [CONTAINER],
  },
  exit: {
    args: {
      signal: Detail.Signal,
      lifetimeMs: Detail.Lifetime,
      ppid: Detail.Parent,
      parentComm: Detail.ParentComm,
      ...PLACE,
    },
    returnCode: Detail.Status,
    sections: [CONTAINER],
  },
  fork: { args: { childPid: Detail.Child, ppid: Detail.Parent, ...PLACE }, sections: [CONTAINER] },
  open: {
    args: {
      path: Detail.Path,
      pathTruncated: Detail.PathTruncated,
      flags: Detail.Flags,
      dirfd: Detail.Directory,
      ...PLACE,
    },
    sections: [CONTAINER],
  },
  connect: { args: { path: Detail.Path, ...PLACE }, sections: [CONTAINER, networkOf('egress')] },
  accept: { args: { path: Detail.Path, ...PLACE }, sections: [CONTAINER, networkOf('ingress')] },
};

/** One for each kind of record of these events (bit n: event n); undefined for those that no program writes. */
export function tracerShapes(events: number): (RecordShape | undefined)[] {
  return Array.from({ length: KINDS }, (_, kind) => {
    const event = KERNEL_EVENTS.at(kind & PROBE_MASK);
    if (event === undefined || (events & (1 << (kind & PROBE_MASK))) === 0) return undefined;
    const own = ownFields(event, kind);
    if (own === undefined) return undefined;
    const contained = (kind & KIND_BITS.contained) !== 0;
    const isCall = event === 'syscall' || event === 'syscall-enter';
    if (contained && !isCall) return undefined;
    const ids = (kind & KIND_BITS.foreign) === 0 ? IDS : HOST_IDS;
    return {
      type: TYPES[event],
      source: 'ebpf',
      fields: checkLayout(event, [...COMMON, ...ids, ...own]),
      // It goes on while the machine sleeps.
      clock: 'boottime',
      details: isCall && !contained ? undefined : DETAILS[event],
    };
  });
}

function ownFields(event: KernelEvent, kind: number): readonly RecordField[] | undefined {
  const noReturn = (kind & KIND_BITS.noReturn) !== 0;
  const interrupted = (kind & KIND_BITS.interrupted) !== 0;
  if (CALLS.includes(event)) return noReturn ? undefined : [interrupted ? INTERRUPTED : RETURN_CODE];
  if (event !== 'syscall') {
    if (noReturn || interrupted) return undefined;
    return event === 'syscall-enter' ? [SYSCALL] : [];
  }
  if (noReturn) return [SYSCALL];
  return [SYSCALL, interrupted ? INTERRUPTED : RETURN_CODE];
}
