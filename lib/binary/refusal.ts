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
    wayOut(target, has.length > 0),
  ].join('; ');
}

function wayOut(target: Target, isInstalled: boolean): string {
  const wanted = entryNames(target);
  const imported = staticEntryNames();
  const late = imported.find((name) => wanted.includes(name));
  if (late !== undefined) return `the static entry ${late} came too late: ${first(late)}`;
  const entry = first(wanted[0]);
  if (imported.length > 0) return `the program has the static entries ${imported.join(', ')}: ${entry}`;
  return isInstalled
    ? 'the way out: build it from source, as docs/installing.md tells, or name a file by TAPIO_BINARY'
    : `the way out: in a bundle, ${entry}, or copy its folder prebuilds beside the output (docs/bundling.md); else install it anew, or name a file by TAPIO_BINARY`;
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
