/** What is said where no binary loads. */
import fs from 'node:fs';
import path from 'node:path';
import { runtimeName } from './runtime';
import { staticEntryNames } from './static-entries';
import { describeTarget, entryNames, prebuiltNames, type Target } from './target';

/** A file that is there and does not load. */
export interface Failure {
  readonly file: string;
  readonly reason: string;
}

/** How a static entry is called among the failures. */
export function entryFile(name: string): string {
  return `the static entry ${name}`;
}

/** `root`: the folder of this package, undefined in a bundle. `folders`: the folders `prebuilds` that were looked into. */
export function refusal(
  target: Target,
  root: string | undefined,
  folders: readonly string[],
  failures: readonly Failure[],
): string {
  const has = root === undefined ? [] : prebuiltIn(path.join(root, 'prebuilds'));
  return [
    `no binary of @tapio/performance loads on ${describeTarget(target)} (${runtimeName()})`,
    ...failures.map(({ file, reason }) => `${file} does not load: ${reason}`),
    `looked for ${prebuiltNames(target).join(' or ')} in ${folders.join(', ')}`,
    has.length > 0 ? `this package has ${has.join(', ')}` : 'there is no binary beside this code',
    wayOut(target, root !== undefined, has.length > 0, failures),
  ].join('; ');
}

function wayOut(
  target: Target,
  isInstalled: boolean,
  hasBinaries: boolean,
  failures: readonly Failure[],
): string {
  const wanted = entryNames(target);
  const imported = staticEntryNames();
  const own = imported.filter((name) => wanted.includes(name));
  const late = own.find((name) => failures.every(({ file }) => file !== entryFile(name)));
  if (late !== undefined) return `the static entry ${late} came too late: ${first(late)}`;
  if (own.length > 0)
    return 'the way out: where a bundler made the entry, esbuild needs --loader:.node=copy and webpack output.publicPath as it is by default (docs/bundling.md); or name a file by TAPIO_BINARY';
  const entry = first(wanted[0]);
  if (imported.length > 0) return `the program has the static entries ${imported.join(', ')}: ${entry}`;
  if (isInstalled)
    return `the way out: ${hasBinaries ? '' : 'install it anew, '}build it from source, as docs/installing.md tells, or name a file by TAPIO_BINARY`;
  return `the way out: in a bundle, ${entry}, or copy its folder prebuilds beside the output (docs/bundling.md); else install it anew, or name a file by TAPIO_BINARY`;
}

function first(entry: string): string {
  return `import @tapio/performance/${entry} before the package itself`;
}

/** As `linux-x64/@tapio+performance.musl.node`. */
function prebuiltIn(folder: string): string[] {
  try {
    return fs
      .readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.node'))
      .map((file) => file.replaceAll('\\', '/'))
      .sort();
  } catch {
    return [];
  }
}
