/**
 * Events from standard input: lines of our own or of any other format. Input is held back while the buffer is full, so nothing
 * of it is dropped. A line that gives no event and should is counted, reported and skipped.
 */
import fs from 'node:fs';
import net from 'node:net';
import type { Readable } from 'node:stream';
import tty from 'node:tty';
import { fileIdentity } from '../output/file-identity';
import { MEMORY } from '../memory-plan';
import { NdjsonLines } from '../../event/ndjson-lines';
import type { FormatName } from '../../formats';
import { LineIntake } from './line-intake';
import type { SourceContext, SourceDefinition } from './source';

const STDIN = 0;

export const source: SourceDefinition<FormatName | 'auto'> = {
  summary: 'lines of JSON or text, see --format',
  memory: 14,
  stampsEvents: false,
  repeatsOthers: true,
  mayEnd: true,
  inputs: () => [fileIdentity(STDIN, '--source stdin')].filter((file) => file !== undefined),
  settings: (options) => options.format,
  run,
};

async function run({
  settings: format,
  signal,
  outlet,
  warn,
  ready,
}: SourceContext<FormatName | 'auto'>): Promise<void> {
  await ready();
  const input = openStdin();
  const stop = (): void => void input.destroy();
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  const lines = new NdjsonLines(MEMORY.lineBytes);
  const intake = new LineIntake(format, outlet, warn, lines.maxBytes);
  try {
    for await (const chunk of input) await intake.take(lines.push(chunk as Buffer));
    // A line cut short by Ctrl-C is not malformed; the last line of the input is whole without a newline.
    if (!signal.aborted) await intake.take(lines.end());
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await intake.end();
  }
}

/**
 * Standard input as a stream of this thread (a worker's own process.stdin is not it). A pipe or terminal is
 * read through the event loop: a blocking read of them could never be stopped.
 */
function openStdin(): Readable {
  const stat = fs.fstatSync(STDIN);
  if (stat.isFIFO() || stat.isSocket()) return new net.Socket({ fd: STDIN, readable: true, writable: false });
  if (tty.isatty(STDIN)) return new tty.ReadStream(STDIN);
  return fs.createReadStream('', { fd: STDIN, autoClose: false });
}
