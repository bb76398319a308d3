/**
 * Events from files as they grow: `--source file:PATH`, all of them in one worker. At least once: with
 * `--positions`, what had not reached the sink when a run ended, however it ended, is read again by the next.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileIdentity, type FileIdentity } from '../output/file-identity';
import { LimitedReport } from '../output/limited-report';
import { createFormatReader, type FormatName } from '../../formats';
import { Follower, type FollowSettings } from '../follow/follower';
import type { SinkTarget } from '../sinks/sink-target';
import type { SourceContext, SourceDefinition } from './source';

const STDOUT = 1;
const STDERR = 2;

interface FileSettings extends FollowSettings {
  readonly format: FormatName | 'auto';
}

export const source: SourceDefinition<FileSettings> = {
  summary: 'lines of files, followed through rotation',
  memory: 14,
  stampsEvents: false,
  repeatsOthers: true,
  inputs: ({ files }) => files.flatMap(identityOf),
  settings: ({ files, from, positions, sink, format }) => ({
    format,
    patterns: files,
    from,
    positions,
    avoid: writtenFiles(sink),
  }),
  run,
};

async function run({
  settings,
  signal,
  outlet,
  warn,
  ready,
  arrived,
}: SourceContext<FileSettings>): Promise<void> {
  const malformed = new LimitedReport(warn);
  const formats = new LimitedReport(warn);
  const follower = new Follower(settings, {
    openReader: (name, onSkip) =>
      createFormatReader(settings.format, {
        forBuffer: true,
        onSkip: (_, reason) => onSkip(reason),
        // Lines of our own are what everybody expects.
        onFormat: (_, found, reason) => {
          if (found !== 'tapio')
            formats.report(`${JSON.stringify(name)}: lines of the format ${found}: ${reason}`);
        },
      }),
    deliver: (events, onBad) => outlet.deliver(events, onBad),
    malformed: ({ path: name, line }, reason) => {
      outlet.malformed();
      malformed.report(`${JSON.stringify(name)} at byte ${line.start}: line skipped: ${reason}`);
    },
    arrived,
    tell: warn,
  });
  try {
    follower.begin();
    await ready();
    await follower.run(signal);
  } finally {
    follower.close();
    malformed.end();
    formats.end();
  }
}

/** A file that is named as itself must not be written. Of those that a pattern finds, what is written is not read. */
function identityOf(file: string): FileIdentity[] {
  const stat = fs.statSync(file, { throwIfNoEntry: false, bigint: true });
  return stat?.isFile() ? [{ name: `--source file:${file}`, dev: stat.dev, ino: stat.ino }] : [];
}

/** What this run writes, by device and inode, and by name, as a file sink may be opened anew; reading it would never end. */
function writtenFiles(sink: SinkTarget): string[] {
  const files = [STDOUT, STDERR].map((fd) => fileIdentity(fd, '')).filter((file) => file !== undefined);
  const names: string[] = [];
  if (sink.kind === 'file') {
    const { dev, ino } = fs.statSync(sink.path, { bigint: true });
    files.push({ name: '', dev, ino });
    names.push(path.resolve(sink.path));
  }
  return [...files.map(({ dev, ino }) => `${dev}:${ino}`), ...names];
}
