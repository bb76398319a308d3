/** Where collected events go, and the count of those that got there. */
import { eventToCloudEvent, eventToOtlp } from '../formats';
import { eventToJSON, type EventView, type UnifiedEvent } from '../index';
import { UsageError } from './command';
import { LineSink } from './line-sink';
import { FileTarget } from './output/file-target';
import type { FileIdentity } from './output/file-identity';
import { Output } from './output/output';
import { CUT_SHORT, stdout } from './output/standard-streams';

export type SinkTarget =
  { kind: 'none' } | { kind: 'stdout' } | { kind: 'file'; path: string; append: boolean };

/** One thread's. Events are taken one by one and flushed after each batch. */
export interface Sink {
  /** Events that are where they were to go: the kernel has the whole line. */
  readonly delivered: number;
  /** Events that were taken and could not be written: dropped. */
  readonly lost: number;
  /** Why some were lost, in a few words; undefined while none were. */
  readonly lostBecause: string | undefined;
  /** Takes the event the view is on. Never throws. */
  take(view: EventView): void;
  /** Sends on what was taken. A promise means that the sink is slow: take nothing until it resolves. */
  flush(): Promise<void> | undefined;
  /** Resolves when everything flushed so far is counted as delivered or lost. */
  settled(): Promise<void>;
  /** A sink to the same place with counts of its own, for events of another origin. Close it first; it says nothing of failures. */
  beside(): Sink;
  /** Writes no more: what was taken and is not written yet is lost, and so is all that follows. */
  giveUp(reason: string): void;
  /** Goes on in what has the file's name by now; `tell` gets one line that says how that went. False: this is no file. */
  reopen(tell: (text: string) => void): boolean;
  /** Resolves when everything flushed is counted as delivered or lost. */
  close(): Promise<void>;
}

/** Whose lines a sink writes. */
export const SINK_FORMATS = ['tapio', 'otlp', 'cloudevents'] as const;
export type SinkFormat = (typeof SINK_FORMATS)[number];

const LINES: Readonly<Record<SinkFormat, (event: UnifiedEvent) => string>> = {
  tapio: eventToJSON,
  otlp: eventToOtlp,
  cloudevents: eventToCloudEvent,
};

/**
 * A sink that can write no more says so, once. failure: the message; undefined for stdout, whose reader may
 * go away, and whose failures are told by standard-streams.
 */
export type OnSinkEnd = (failure: string | undefined) => void;

export function parseSinkTarget(text: string, append: boolean): SinkTarget {
  const path = /^file:(.+)$/s.exec(text)?.[1];
  if (append && path === undefined) throw new UsageError('--append: needs --sink file:PATH');
  if (text === 'none' || text === 'stdout') return { kind: text };
  if (path !== undefined) return { kind: 'file', path, append };
  throw new UsageError(`--sink ${JSON.stringify(text)}: must be none, stdout or file:PATH`);
}

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

class CountingSink implements Sink {
  delivered = 0;
  readonly lost = 0;
  readonly lostBecause = undefined;

  take(): void {
    this.delivered++;
  }

  flush(): undefined {
    return undefined;
  }

  settled(): Promise<void> {
    return Promise.resolve();
  }

  giveUp(): void {}

  reopen(): boolean {
    return false;
  }

  beside(): Sink {
    return new CountingSink();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
