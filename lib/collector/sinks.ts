/** Where collected events go, and the count of those that got there. */
import { once } from 'node:events';
import fs from 'node:fs';
import type { Writable } from 'node:stream';
import { eventToJSON, type EventView } from '../index';
import { isReaderGone, UsageError } from './command';

export type SinkTarget = { kind: 'none' } | { kind: 'stdout' } | { kind: 'file'; path: string };

/** One thread's. Events are taken one by one and flushed after each batch. */
export interface Sink {
  /** Events that are where they were to go. */
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
  /** Resolves when everything flushed is counted as delivered or lost. */
  close(): Promise<void>;
}

/**
 * A sink that can write no more says so, once. failure: the message; undefined for stdout, whose reader may
 * go away, and whose failures are told by standard-streams.
 */
export type OnSinkEnd = (failure: string | undefined) => void;

export function parseSinkTarget(text: string): SinkTarget {
  if (text === 'none' || text === 'stdout') return { kind: text };
  if (text.startsWith('file:') && text.length > 'file:'.length) {
    return { kind: 'file', path: text.slice('file:'.length) };
  }
  throw new UsageError(`--sink ${JSON.stringify(text)}: must be none, stdout or file:PATH`);
}

/** Rejects if a file cannot be opened. */
export async function openSink(target: SinkTarget, onEnd: OnSinkEnd): Promise<Sink> {
  switch (target.kind) {
    case 'none':
      return new CountingSink();
    case 'stdout':
      return new NdjsonSink(process.stdout, 'stdout', onEnd);
    case 'file': {
      const stream = fs.createWriteStream(target.path, { highWaterMark: 1 << 20 });
      await once(stream, 'open');
      return new NdjsonSink(stream, target.path, onEnd);
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

  beside(): Sink {
    return new CountingSink();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class NdjsonSink implements Sink {
  delivered = 0;
  lost = 0;
  lostBecause: string | undefined;
  private text = '';
  private count = 0;
  private broken = false;

  constructor(
    private readonly stream: Writable,
    private readonly name: string,
    onEnd: OnSinkEnd,
    private readonly ends = stream !== process.stdout,
  ) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (this.broken) return;
      this.broken = true;
      this.lostBecause =
        stream === process.stdout && isReaderGone(error) ? 'reader gone' : (error.code ?? error.message);
      onEnd(stream === process.stdout ? undefined : `sink ${name}: ${error.message}`);
    });
  }

  take(view: EventView): void {
    if (this.broken) {
      this.lost++;
      return;
    }
    try {
      this.text += `${eventToJSON(view.toEvent())}\n`;
      this.count++;
    } catch {
      // A value JSON has no form for (NaN).
      this.lost++;
      this.lostBecause ??= 'no form in JSON';
    }
  }

  flush(): Promise<void> | undefined {
    const { text, count } = this;
    if (count === 0) return undefined;
    this.text = '';
    this.count = 0;
    let done = (): void => {};
    const written = new Promise<void>((resolve) => (done = resolve));
    const free = this.stream.write(text, (error) => {
      if (error) this.lost += count;
      else this.delivered += count;
      done();
    });
    return free ? undefined : written;
  }

  beside(): Sink {
    return new NdjsonSink(this.stream, this.name, () => undefined, false);
  }

  /** The callback of an empty write comes after those of all before, whether they went well or not. */
  async settled(): Promise<void> {
    await new Promise<void>((resolve) => this.stream.write('', () => resolve()));
  }

  async close(): Promise<void> {
    await this.settled();
    if (!this.ends || this.broken) return;
    await new Promise<void>((resolve) => {
      this.stream.once('close', resolve);
      this.stream.end();
    });
  }
}
