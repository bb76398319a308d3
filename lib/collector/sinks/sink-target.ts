/** What `--sink` and `--sink-format` ask for. */
import { UsageError } from '../command-line/command';

export type SinkTarget =
  { kind: 'none' } | { kind: 'stdout' } | { kind: 'file'; path: string; append: boolean };

/** Whose lines a sink writes. */
export const SINK_FORMATS = ['tapio', 'otlp', 'cloudevents', 'text'] as const;
export type SinkFormat = (typeof SINK_FORMATS)[number];

export function parseSinkTarget(text: string, append: boolean): SinkTarget {
  const path = /^file:(.+)$/s.exec(text)?.[1];
  if (append && path === undefined) throw new UsageError('--append: needs --sink file:PATH');
  if (text === 'none' || text === 'stdout') return { kind: text };
  if (path !== undefined) return { kind: 'file', path, append };
  throw new UsageError(`--sink ${JSON.stringify(text)}: must be none, stdout or file:PATH`);
}
