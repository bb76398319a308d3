/** The sources `--source` knows, by name. The file of each has its name, and its thread loads no other. */
import { source as ebpf } from './ebpf';
import { source as file } from './file';
import { source as proc } from './proc';
import type { SourceDefinition } from './source';
import { source as stdin } from './stdin';
import { source as synthetic } from './synthetic';

// `any`: each definition has settings of its own, which only its own run() reads.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export const SOURCES: ReadonlyMap<string, SourceDefinition<any>> = new Map<string, SourceDefinition<any>>(
  Object.entries({ ebpf, file, proc, stdin, synthetic }),
);
