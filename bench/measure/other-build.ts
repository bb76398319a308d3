/**
 * Another build of this package beside the one in dist/: modules that are loaded while it is in use get it by the package's
 * own name. Both may be loaded in one process, as each has an addon of its own.
 */
import Module, { createRequire } from 'node:module';
import path from 'node:path';
import type { Row } from './row';

const PACKAGE = '@tapio/performance';
const benchmarks = path.resolve(__dirname, '..') + path.sep;

type Load = (request: string, ...rest: unknown[]) => unknown;
const loader = Module as unknown as { _load: Load };

/** Until the function that it returns is called. */
export function useBuild(folder: string): () => void {
  const load = loader._load;
  // A package finds itself by the name in its own package.json.
  const { resolve } = createRequire(path.join(folder, 'package.json'));
  // Not where names are resolved: that is remembered for each folder that asks.
  loader._load = (request, ...rest) => {
    const isOurs = request === PACKAGE || request.startsWith(`${PACKAGE}/`);
    return load.call(Module, isOurs ? resolve(request) : request, ...rest);
  };
  return () => (loader._load = load);
}

/** The rows of the comparison, with contenders that run on the other build. */
export function rowsOn(folder: string): readonly Row[] {
  const restore = useBuild(folder);
  const loaded = Object.keys(require.cache).filter((file) => file.startsWith(benchmarks));
  const kept = loaded.map((file) => [file, require.cache[file]] as const);
  for (const file of loaded) delete require.cache[file];
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded a second time
    return (require('../rows/index') as typeof import('../rows/index')).rows;
  } finally {
    for (const file of Object.keys(require.cache))
      if (file.startsWith(benchmarks)) delete require.cache[file];
    for (const [file, module] of kept) require.cache[file] = module;
    restore();
  }
}
