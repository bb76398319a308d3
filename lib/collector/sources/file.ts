/**
 * Events from files as they grow: `--source file:PATH`, all of them in one worker. At least once: with
 * `--positions`, what had not reached the sink when a run ended, however it ended, is read again by the next.
 */
import fs from 'node:fs';
import { LimitedReport } from '../limited-report';
import { createFormatReader, type FormatName } from '../../formats';
import { Follower, type FollowSettings } from '../follow/follower';
import type { SinkTarget } from '../sinks';
import type { SourceContext, SourceDefinition } from './source';

const STDOUT = 1;
const STDERR = 2;

interface FileSettings extends FollowSettings {
  readonly format: FormatName | 'auto';
}

export const fileSource: SourceDefinition<FileSettings> = {
  summary: 'lines of a file as of stdin, followed through rotation',
  stampsEvents: false,
  settings: ({ files, from, positions, sink, format }) => [
    { format, patterns: files, from, positions, avoid: writtenFiles(sink) },
  ],
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
    openReader: (path, onSkip) =>
      createFormatReader(settings.format, {
        onSkip: (_, reason) => onSkip(reason),
        // Lines of our own are what everybody expects.
        onFormat: (_, found, reason) => {
          if (found !== 'tapio') formats.report(`${JSON.stringify(path)}: lines of the format ${found}: ${reason}`);
        },
      }),
    deliver: (events, onBad) => outlet.deliver(events, onBad),
    malformed: ({ path, line }, reason) => {
      outlet.malformed();
      malformed.report(`${JSON.stringify(path)} at byte ${line.start}: line skipped: ${reason}`);
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

/** What this run writes; reading it would never end. */
function writtenFiles(sink: SinkTarget): string[] {
  const stats = [STDOUT, STDERR].map((fd) => fs.fstatSync(fd, { bigint: true }));
  if (sink.kind === 'file') stats.push(fs.statSync(sink.path, { bigint: true }));
  return stats.filter((stat) => stat.isFile()).map(({ dev, ino }) => `${dev}:${ino}`);
}
