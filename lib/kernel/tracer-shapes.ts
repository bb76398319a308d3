/** What the embedded tracer writes: TracerRecord in native/kernel/tracer_program.h. */
import { checkLayout, type RecordField } from './layout';
import type { RecordShape } from './mapping';

/** In the order of Probe in native code. */
export const KERNEL_EVENTS = ['syscall', 'syscall-enter', 'exec', 'exit'] as const;
export type KernelEvent = (typeof KERNEL_EVENTS)[number];

export const KIND_AT = 28;

const PROCESS: readonly RecordField[] = [
  { name: 'timestamp', type: 'u64', offset: 0 },
  { name: 'tid', type: 'u32', offset: 8 },
  { name: 'pid', type: 'u32', offset: 12 },
  { name: 'uid', type: 'u32', offset: 16 },
  { name: 'gid', type: 'u32', offset: 20 },
  { name: 'cpuCore', type: 'u32', offset: 24 },
  { name: 'comm', type: 'char[16]', offset: 48 },
];
const SYSCALL: RecordField = { name: 'syscall', type: 'u32', offset: 40 };
const RETURN_CODE: RecordField = { name: 'returnCode', type: 'i64', offset: 32 };

const TYPES: Readonly<Record<KernelEvent, { type: string; fields: readonly RecordField[] }>> = {
  syscall: { type: 'kernel.syscall', fields: [...PROCESS, SYSCALL, RETURN_CODE] },
  'syscall-enter': { type: 'kernel.syscall.enter', fields: [...PROCESS, SYSCALL] },
  exec: { type: 'process.exec', fields: PROCESS },
  exit: { type: 'process.exit', fields: PROCESS },
};

export function tracerShapes(): RecordShape[] {
  return KERNEL_EVENTS.map((event) => ({
    type: TYPES[event].type,
    source: 'ebpf',
    fields: checkLayout(event, TYPES[event].fields),
    // It goes on while the machine sleeps.
    clock: 'boottime',
  }));
}
