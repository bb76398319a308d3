/** Which C library this process runs on, for the choice between binaries. */
import fs from 'node:fs';

export type Libc = 'glibc' | 'musl';

/** The name of the dynamic loader is in the first page of an executable, unless a tool has moved it. */
const PAGE = 4096;

/**
 * Told by the loader that this executable asks for, which takes some 20 us; else by what is mapped, else by Node's report; where none of
 * them may be read it is taken for glibc. Not by the distribution: there is musl outside Alpine, and glibc on Alpine. undefined: not Linux.
 */
export function runningLibc(): Libc | undefined {
  if (process.platform !== 'linux') return undefined;
  return libcIn(firstPage('/proc/self/exe')) ?? libcIn(textOf('/proc/self/maps')) ?? reported() ?? 'glibc';
}

/** By the names of files in a text. */
export function libcIn(text: string): Libc | undefined {
  if (/\/ld-musl-|\/libc\.musl-/.test(text)) return 'musl';
  return /\/ld-linux[-.]|\/ld64\.so|\/libc(-[\d.]+)?\.so/.test(text) ? 'glibc' : undefined;
}

function firstPage(file: string): string {
  try {
    const descriptor = fs.openSync(file, 'r');
    try {
      const page = Buffer.allocUnsafe(PAGE);
      return page.toString('latin1', 0, fs.readSync(descriptor, page, 0, PAGE, 0));
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    return '';
  }
}

function textOf(file: string): string {
  try {
    return fs.readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

function reported(): Libc | undefined {
  const { header, sharedObjects } = nodeReport();
  return header?.glibcVersionRuntime === undefined ? libcIn(sharedObjects?.join('\n') ?? '') : 'glibc';
}

/** Of the running glibc, as `2.36`. undefined: another C library, or a runtime that does not tell. */
export function glibcVersion(): string | undefined {
  return nodeReport().header?.glibcVersionRuntime;
}

interface Report {
  readonly header?: { readonly glibcVersionRuntime?: string };
  readonly sharedObjects?: readonly string[];
}

/** Empty outside Node: Deno's report tells the glibc that Deno was built with. */
function nodeReport(): Report {
  const report = process.report as { getReport(): Report; excludeNetwork?: boolean } | undefined;
  if (report === undefined || process.versions.deno !== undefined || process.versions.bun !== undefined)
    return {};
  const { excludeNetwork } = report;
  // Else it asks name servers for the peer of every connection.
  report.excludeNetwork = true;
  try {
    return report.getReport();
  } catch {
    return {};
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}
