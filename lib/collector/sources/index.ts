/** The sources `--source` knows, by name. */
import { ebpfSource } from './ebpf';
import { fileSource } from './file';
import { procSource } from './proc';
import type { SourceDefinition } from './source';
import { stdinSource } from './stdin';
import { syntheticSource } from './synthetic';

// `any`: each definition has settings of its own, which only its own run() reads.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export const SOURCES: ReadonlyMap<string, SourceDefinition<any>> = new Map<string, SourceDefinition<any>>([
  ['ebpf', ebpfSource],
  ['file', fileSource],
  ['proc', procSource],
  ['stdin', stdinSource],
  ['synthetic', syntheticSource],
]);
