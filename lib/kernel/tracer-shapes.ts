/** What the embedded tracer writes: TracerRecord in native/kernel/tracer_program.h. */
import { checkLayout, type RecordField } from './layout';
import type { RecordShape } from './mapping';

/** In the order of Probe in native code. */
export const KERNEL_EVENTS = ['syscall', 'syscall-enter', 'exec', 'exit'] as const;
export type KernelEvent = (typeof KERNEL_EVENTS)[number];

export const KIND_AT = 28;

/** Added to the number of an event in native code: see kNoReturnBit, kInterruptedBit and kForeignBit. */
const KIND_BITS = { noReturn: 4, interrupted: 8, foreign: 16 } as const;
const KINDS = 32;

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
};

/** One for each kind of record; undefined for those that no program writes. */
export function tracerShapes(): (RecordShape | undefined)[] {
  return Array.from({ length: KINDS }, (_, kind) => {
    const event = KERNEL_EVENTS[kind % KERNEL_EVENTS.length];
    const own = ownFields(event, kind);
    if (own === undefined) return undefined;
    const ids = (kind & KIND_BITS.foreign) === 0 ? IDS : HOST_IDS;
    return {
      type: TYPES[event],
      source: 'ebpf',
      fields: checkLayout(event, [...COMMON, ...ids, ...own]),
      // It goes on while the machine sleeps.
      clock: 'boottime',
    };
  });
}

function ownFields(event: KernelEvent, kind: number): readonly RecordField[] | undefined {
  const noReturn = (kind & KIND_BITS.noReturn) !== 0;
  const interrupted = (kind & KIND_BITS.interrupted) !== 0;
  if (event !== 'syscall') {
    if (noReturn || interrupted) return undefined;
    return event === 'syscall-enter' ? [SYSCALL] : [];
  }
  if (noReturn) return [SYSCALL];
  return [SYSCALL, interrupted ? INTERRUPTED : RETURN_CODE];
}
