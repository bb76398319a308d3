/** Makes the sink that was asked for. */
import { eventToCloudEvent, eventToOtlp } from '../../formats';
import { eventToJSON, type UnifiedEvent } from '../../index';
import type { FileIdentity } from '../output/file-identity';
import { FileTarget } from '../output/file-target';
import { Output } from '../output/output';
import { CUT_SHORT, stdout } from '../output/standard-streams';
import { CountingSink } from './counting-sink';
import { eventToText } from './event-text';
import { LineSink } from './line-sink';
import type { Sink } from './sink';
import type { SinkFormat, SinkTarget } from './sink-target';

const LINES: Readonly<Record<SinkFormat, (event: UnifiedEvent) => string>> = {
  tapio: eventToJSON,
  otlp: eventToOtlp,
  cloudevents: eventToCloudEvent,
  text: eventToText,
};

/**
 * A sink that can write no more says so, once. failure: the message; undefined for stdout, whose reader may
 * go away, and whose failures are told by standard-streams.
 */
export type OnSinkEnd = (failure: string | undefined) => void;

/** inputs: files that no event may be written to. Rejects if a file cannot be opened, or is one of those. */
export async function openSink(
  target: SinkTarget,
  inputs: readonly FileIdentity[],
  onEnd: OnSinkEnd,
  format: SinkFormat = 'tapio',
): Promise<Sink> {
  const toLine = LINES[format];
  switch (target.kind) {
    case 'none':
      return new CountingSink();
    case 'stdout':
      return new LineSink(stdout.output, () => onEnd(undefined), undefined, toLine);
    case 'file': {
      const file = new FileTarget(target.path, inputs);
      const output = new Output(await file.open(target.append));
      const fail = (error: Error, torn: Buffer): void => {
        const isTorn = torn.length > 0 && !file.cutBack(torn);
        onEnd(`sink ${target.path}: ${error.message}${isTorn ? CUT_SHORT : ''}`);
      };
      return new LineSink(output, fail, file, toLine);
    }
  }
}
