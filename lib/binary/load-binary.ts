/** Finds the file of native code that fits here, and loads it. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { types } from 'node:util';
import { defectOf } from './elf';
import { INTERFACE } from './interface';
import { environmentVariable } from './environment-variable';
import { entryFile, type Failure, refusal } from './refusal';
import { staticEntry } from './static-entries';
import { entryNames, prebuiltNames, runningTarget, type Target } from './target';

/** How it was found. */
export type BinaryKind = 'TAPIO_BINARY' | 'static entry' | 'built here' | 'prebuilt' | 'node-gyp-build';

export interface Binary {
  readonly addon: object;
  /** Of a static entry that a bundler resolved, the name of the entry. */
  readonly path: string;
  readonly kind: BinaryKind;
  /** What was tried before. */
  readonly failures: readonly Failure[];
}

/** Of a checkout, and of what was built from the sources of an installed package. Newer than what is prebuilt, so before it. */
const BUILDS = ['build/Release', 'source/build/Release'].map((folder) => `${folder}/tapio_performance.node`);

const PACKAGE = '@tapio/performance';

/** Of this package. In a bundle these are no more than two folders around it; in one that is an ES module nobody knows them. */
const HERE = typeof __dirname === 'string' ? __dirname : '.';
const ROOT = path.join(HERE, '..', '..');

/** Options after which the code to run is an argument, so that `process.argv[1]` is no program but what the user gives it. */
const CODE_OPTION = /^(-p?e|-p|--eval|--print)(=|$)/;

/**
 * The first that loads: the file that TAPIO_BINARY names, and then no other is tried; a static entry; what was built here; a prebuilt file
 * of this package, of a folder `prebuilds` beside the bundle, the program or the executable; what node-gyp-build finds. Else a text that
 * tells what was looked for, what there is, and the way out.
 */
export function loadBinary(): Binary | (() => string) {
  const target = runningTarget();
  const failures: Failure[] = [];
  const chosen = chosenFile();
  if (chosen !== undefined) {
    return (
      fromFile(chosen, 'TAPIO_BINARY', failures) ??
      (() => `TAPIO_BINARY names ${chosen}, which does not load: ${failures[0].reason}`)
    );
  }
  const found = fromEntry(target, failures) ?? fromFolders(target, failures) ?? fromNodeGypBuild(failures);
  return found ?? (() => refusal(target, isOwn() ? ROOT : undefined, prebuildFolders(), failures));
}

/**
 * The file that TAPIO_BINARY names. A relative name is made absolute in the environment, too: workers and child processes inherit it, and
 * the working directory may be another by then.
 */
function chosenFile(): string | undefined {
  const name = environmentVariable('TAPIO_BINARY');
  if (name === undefined || path.isAbsolute(name)) return name;
  try {
    return (process.env.TAPIO_BINARY = path.resolve(name));
  } catch {
    // The working directory was deleted, or the runtime does not permit it.
    return name;
  }
}

function fromEntry(target: Target, failures: Failure[]): Binary | undefined {
  for (const name of entryNames(target)) {
    const load = staticEntry(name);
    if (load === undefined) continue;
    try {
      const given = load();
      if (typeof given !== 'string')
        return checked({ addon: given as object, path: name, kind: 'static entry', failures });
      // It would be looked for in the working directory, where anybody may have put anything.
      if (!path.isAbsolute(given)) throw new Error(`the bundler made it ${given}, which is relative`);
      return checked({ addon: required(given), path: given, kind: 'static entry', failures });
    } catch (error) {
      failures.push({ file: entryFile(name), reason: reasonOf(error) });
    }
  }
  return undefined;
}

function fromFolders(target: Target, failures: Failure[]): Binary | undefined {
  for (const build of absolute(BUILDS.map((file) => path.join(ROOT, file)))) {
    const found = fromFile(build, 'built here', failures);
    if (found !== undefined) return found;
  }
  for (const folder of prebuildFolders()) {
    for (const name of prebuiltNames(target)) {
      const found = fromFile(path.join(folder, name), 'prebuilt', failures);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function prebuildFolders(): string[] {
  const folders = [ROOT, path.join(HERE, '..'), ...programFolder(), path.dirname(process.execPath)];
  return absolute([...new Set(folders.map((folder) => path.join(folder, 'prebuilds')))]);
}

/** That of the program: a bundle that is an ES module does not know its own. None where there is no file, as in node -e. */
function programFolder(): string[] {
  const [, program] = process.argv;
  const isCode = process.execArgv.some((option) => CODE_OPTION.test(option));
  // Deno makes up a file `$deno$eval` in the working directory.
  if (program === undefined || isCode || path.basename(program).startsWith('$deno$')) return [];
  return [path.dirname(program)];
}

/** Those that do not depend on the working directory, where anybody may have put anything. */
function absolute(paths: readonly string[]): string[] {
  return paths.filter((each) => path.isAbsolute(each));
}

/** Whether ROOT is this package, not what is around a bundle. */
function isOwn(): boolean {
  if (!path.isAbsolute(ROOT)) return false;
  try {
    const manifest = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      name?: unknown;
    };
    return manifest.name === PACKAGE;
  } catch {
    return false;
  }
}

/**
 * By its conventions, which tools know: a debug build, a build for another runtime, and its own variable. It takes any addon below the
 * folder that it is given, so that must be none of a user.
 */
function fromNodeGypBuild(failures: Failure[]): Binary | undefined {
  if (!isOwn()) return undefined;
  let file;
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded where nothing else was found, which is rare
    file = (require('node-gyp-build') as { path(directory: string): string }).path(ROOT);
  } catch {
    return undefined;
  }
  return failures.some((failure) => failure.file === file)
    ? undefined
    : fromFile(file, 'node-gyp-build', failures);
}

/** undefined: it is not there, or does not load, which is then the last of `failures`. */
function fromFile(name: string, kind: BinaryKind, failures: Failure[]): Binary | undefined {
  try {
    // Deno throws here where it may not read.
    if (kind !== 'TAPIO_BINARY' && !fs.existsSync(name)) return undefined;
    // It throws for a relative name in a working directory that was deleted.
    const file = path.resolve(name);
    return checked({ addon: required(file), path: file, kind, failures });
  } catch (error) {
    failures.push({ file: name, reason: reasonOf(error) });
    return undefined;
  }
}

/** By the require of Node, not that of a bundler, and once in a thread however many copies of this package it has. */
function required(file: string): object {
  const stats = fs.statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) throw new Error('there is no such file');
  if (!stats.isFile()) throw new Error(`it is ${stats.isDirectory() ? 'a folder' : 'no regular file'}`);
  // Anything else, or what else require would look for, would be run as JavaScript.
  const real = fs.realpathSync(file);
  if (!real.endsWith('.node')) throw new Error('its name does not end in .node');
  const defect = process.platform === 'linux' ? defectOf(real, stats.size) : undefined;
  if (defect !== undefined) throw new Error(defect);
  return createRequire(real)(real) as object;
}

function checked(binary: Binary): Binary {
  const addon = binary.addon as { createBuffer?: unknown; interface?: unknown } | undefined;
  if (typeof addon?.createBuffer !== 'function') throw new Error('it is no addon of this package');
  const { interface: own = 'none' } = addon;
  if (own === INTERFACE) return binary;
  throw new Error(
    `it is of another version of this package: its interface is ${String(own)}, not ${INTERFACE}`,
  );
}

/** The first line: Node's own goes on with the modules that required it. */
function reasonOf(error: unknown): string {
  return (types.isNativeError(error) ? error.message : String(error)).split('\n', 1)[0];
}
