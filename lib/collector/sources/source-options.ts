/** What sources read of the command line: each takes what it knows. */
import type { FormatName } from '../../formats';
import type { SinkTarget } from '../sinks/sink-target';
import type { AUTO } from './auto-source';
import type { KernelChoice } from './kernel-options';

export interface SourceOptions {
  /** Events a second of the synthetic source, all its workers together. */
  readonly rate: number;
  /** Threads of the synthetic source. */
  readonly workers: number;
  /** Makes the synthetic events repeatable; undefined: others in each run. */
  readonly seed?: number;
  /** Of the lines of the stdin and file sources. */
  readonly format: FormatName | typeof AUTO;
  /** Time between two samples of the proc source. */
  readonly procIntervalMs: number;
  /** Paths and patterns of the file source. */
  readonly files: readonly string[];
  /** Where the file source begins in files that it does not know. */
  readonly from: 'start' | 'end';
  /** Where the file source keeps how far it has read. */
  readonly positions?: string;
  /** What the ebpf source traces. */
  readonly kernel: KernelChoice;
  /** Where the events go: what is written there is not read. */
  readonly sink: SinkTarget;
}
