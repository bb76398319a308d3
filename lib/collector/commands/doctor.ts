/** What this package finds on this machine, for `tapio doctor`. */
import fs from 'node:fs';
import os from 'node:os';
import {
  type BinaryKind,
  binding,
  type Failure,
  glibcVersion,
  loadedBinary,
  runningLibc,
  runtimeName,
} from '../../binding';
import { availableCPUCount } from '../../cpus';
import { diagnoseTracing, type TracingDiagnosis } from '../../kernel';
import { ROOM } from '../little-memory';
import { diagnoseMemory, type MemoryDiagnosis, memoryTexts } from './memory-diagnosis';

/** The object of `tapio doctor --json`. */
export interface Diagnosis {
  readonly binary:
    | {
        readonly path: string;
        readonly kind: BinaryKind;
        /** Binaries that were tried before and do not load. */
        readonly failures: readonly Failure[];
      }
    /** Why none loads. Then there is neither `rseq` nor `ebpf`. */
    | { readonly problem: string };
  /** For example `glibc 2.36`; the version in Node only. */
  readonly libc: string;
  /** The version of Node, or of the one whose API the runtime follows. */
  readonly node: string;
  /** For example `Deno 2.9.6`. */
  readonly runtime: string;
  readonly platform: string;
  /** Release of the kernel. */
  readonly kernel: string;
  readonly cpus: { readonly online: number; readonly available: number };
  /** Where something limits it, in bytes. */
  readonly memory?: MemoryDiagnosis;
  /** Whether a put finds its CPU in the rseq area; else by the slower vDSO. */
  readonly rseq?: boolean;
  readonly ebpf?: TracingDiagnosis & {
    /** Whether the kernel describes its own types, which programs compiled with CO-RE need. This package's tracer does not. */
    readonly btf: boolean;
    /** Where others pin their maps; undefined: no bpf file system is mounted. */
    readonly bpffs?: string;
  };
}

export function diagnose(): Diagnosis {
  const machine = {
    libc: libcName(),
    node: process.versions.node,
    runtime: runtimeName(),
    platform: `${process.platform} ${process.arch}`,
    kernel: os.release(),
    cpus: { online: os.cpus().length, available: availableCPUCount() },
    memory: diagnoseMemory(ROOM),
  };
  if (typeof loadedBinary === 'function') {
    return { binary: { problem: loadedBinary() }, ...machine };
  }
  const { path, kind, failures } = loadedBinary;
  return {
    binary: { path, kind, failures },
    ...machine,
    rseq: binding.rseqActive(),
    ebpf: { ...diagnoseTracing(), btf: fs.existsSync('/sys/kernel/btf/vmlinux'), bpffs: bpffsMount() },
  };
}

function libcName(): string {
  const libc = runningLibc() ?? 'unknown';
  const version = libc === 'glibc' ? glibcVersion() : undefined;
  return version === undefined ? libc : `${libc} ${version}`;
}

function bpffsMount(): string | undefined {
  try {
    return /^\S+ (\S+) bpf /m.exec(fs.readFileSync('/proc/self/mounts', 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

/** The lines for people. */
export function formatDiagnosis({ rseq, ebpf, ...machine }: Diagnosis): string[] {
  const rows = machineRows(machine);
  if (rseq !== undefined)
    rows.push(['rseq', rseq ? 'yes' : 'no: finding the CPU of a put takes some nanoseconds more']);
  if (ebpf !== undefined) {
    rows.push(
      ['eBPF', ebpf.permitted ? 'yes: tapio collect --source ebpf' : `no: ${ebpf.reason}`],
      ...missingTexts(ebpf).map((text): [string, string] => ['', text]),
      [
        '',
        ebpf.btf ? 'the kernel describes its types (BTF)' : 'no BTF: programs compiled with CO-RE cannot run',
      ],
      [
        '',
        ebpf.bpffs === undefined
          ? 'no bpf file system (optional): sudo mount -t bpf bpf /sys/fs/bpf'
          : `bpf file system at ${ebpf.bpffs}`,
      ],
    );
  }
  return rows.map(([label, text]) => `${label.padEnd(10)}${text}`);
}

function machineRows({
  binary,
  libc,
  runtime,
  platform,
  kernel,
  cpus,
  memory,
}: Diagnosis): [string, string][] {
  return [
    ['binary', 'problem' in binary ? `none: ${binary.problem}` : `${binary.path} (${binary.kind})`],
    ...failuresOf(binary).map(({ file, reason }): [string, string] => [
      '',
      `${file} does not load: ${reason}`,
    ]),
    ['platform', `${platform}, kernel ${kernel}, ${libc}, ${runtime}`],
    ['CPUs', `${cpus.online}, of which this process may use ${cpus.available}`],
    ...(memory === undefined ? [] : memoryTexts(memory)).map((text, index): [string, string] => [
      index === 0 ? 'memory' : '',
      text,
    ]),
  ];
}

function failuresOf(binary: Diagnosis['binary']): readonly Failure[] {
  return 'problem' in binary ? [] : binary.failures;
}

function missingTexts({ missing, grant, note }: TracingDiagnosis): string[] {
  if (missing === undefined) return ['capabilities cannot be told'];
  if (missing.length === 0) return ['CAP_BPF and CAP_PERFMON are there'];
  return [`missing ${missing.join(' and ')}: ${grant}`, ...(note === undefined ? [] : [note])];
}
