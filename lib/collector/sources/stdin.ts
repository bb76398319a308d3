/**
 * Events from standard input: one line of JSON each, as eventToJSON writes it. Input is held back while the
 * buffer is full, so nothing of it is dropped. A line that is no event is counted, reported and skipped.
 */
import fs from 'node:fs';
import net from 'node:net';
import type { Readable } from 'node:stream';
import tty from 'node:tty';
import { eventFromJSON, type UnifiedEvent } from '../../index';
import { LimitedReport } from '../limited-report';
import { fileIdentity } from '../output/file-identity';
import { NdjsonLines, type NdjsonLine } from '../../event/ndjson-lines';
import type { SourceContext, SourceDefinition } from './source';

const STDIN = 0;
const BATCH = 256;

export const stdinSource: SourceDefinition<null> = {
  summary: 'lines of JSON, one event each, as of --sink stdout',
  stampsEvents: false,
  mayEnd: true,
  inputs: () => [fileIdentity(STDIN, '--source stdin')].filter((file) => file !== undefined),
  settings: () => [null],
  run,
};

async function run({ signal, outlet, warn, ready }: SourceContext<null>): Promise<void> {
  await ready();
  const input = openStdin();
  const stop = (): void => void input.destroy();
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  const malformed = new LimitedReport(warn);
  const lines = new NdjsonLines();
  const put = async (batch: NdjsonLine[]): Promise<void> => {
    const events: UnifiedEvent[] = [];
    const numbers: number[] = [];
    const skip = (line: number, reason: string): void => malformed.report(`line ${line} skipped: ${reason}`);
    for (const { number, text } of batch) {
      try {
        if (text === undefined) throw new Error(`longer than ${lines.maxBytes} bytes`);
        events.push(eventFromJSON(text));
        numbers.push(number);
      } catch (error) {
        outlet.malformed();
        skip(number, (error as Error).message);
      }
    }
    await outlet.deliver(events, (index, error) => skip(numbers[index], error.message));
  };
  const putAll = async (all: NdjsonLine[]): Promise<void> => {
    for (let start = 0; start < all.length; start += BATCH) await put(all.slice(start, start + BATCH));
  };
  try {
    for await (const chunk of input) await putAll(lines.push(chunk as Buffer));
    // A line cut short by Ctrl-C is not malformed; the last line of the input is whole without a newline.
    if (!signal.aborted) await putAll(lines.end());
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    malformed.end();
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
