/** What a format is. A new one is a file in readers/ with a JsonFormat or a TextFormat, and its line in registry.ts. */
import type { UnifiedEvent } from '../event/unified-event';

export type FormatName =
  | 'tapio'
  | 'tetragon'
  | 'falco'
  | 'tracee'
  | 'bpftrace'
  | 'journald'
  | 'auditd'
  | 'k8s-events'
  | 'k8s-audit'
  | 'otlp'
  | 'cloudevents'
  | 'pino'
  | 'bunyan'
  | 'logfmt';

/** An object out of a line: made by parseExact, so it has own properties only, and its numbers are finite. */
export type JsonObject = Record<string, unknown>;

/** A line without its end and its wrapper. Valid during the call it is handed to. */
export interface InputLine {
  /** Of an item of a JSON array: the text of the whole array. */
  readonly text: string;
  /** Counted from 1; of a line in parts, the last one's. */
  readonly number: number;
  /** Whether events go into a buffer and are not changed before: then their attributes may be a `keptText`. */
  readonly forBuffer: boolean;
  /** When the wrapper says the line was written, else the moment it was asked: nanoseconds since the epoch. */
  arrival(): bigint;
}

/** Why a line gives no event, for a person; undefined when it gave what it had, which may be nothing. */
export type SkipReason = string | undefined;

interface FormatBase {
  readonly name: FormatName;
}

/**
 * A format whose lines are JSON objects. Holds no state: one object serves all readers and threads.
 *
 * `recognise` says, for a person, what tells this line from those of all other formats, and undefined where nothing does. No
 * two formats recognise the same line, so that a reader may ask in any order. It looks at a few keys, as it is asked for every
 * line of a mixed stream.
 *
 * `read` appends the events of a line. It is called without `recognise` when the user has named the format, and then
 * gives a reason for what it cannot read. Neither throws, whatever the object holds.
 */
export interface JsonFormat extends FormatBase {
  readonly kind: 'json';
  recognise(value: JsonObject): string | undefined;
  read(value: JsonObject, line: InputLine, out: UnifiedEvent[]): SkipReason;
  /** The JSON that the producer of a line which is none has meant; undefined where it is not this producer's. */
  repair?(text: string): string | undefined;
  /**
   * The events of a line that has not been parsed, the same as of `read`; undefined where it is left to that one. Asked first where the line before was
   * of this format.
   */
  readText?(line: InputLine): UnifiedEvent[] | undefined;
}

/** A format whose lines are no JSON. `recognise` as above; `open` gives the state of one reader, whose lines are all for a buffer or none is. */
export interface TextFormat extends FormatBase {
  readonly kind: 'text';
  recognise(text: string): string | undefined;
  open(forBuffer: boolean): TextReader;
}

/** Events may span lines: what is waited for is bounded in number and size. */
export interface TextReader {
  push(line: InputLine, out: UnifiedEvent[]): SkipReason;
  /** The number of the oldest line that waits; undefined when none does. */
  readonly waitingSince?: number;
  /** No line has come for a while: appends what has waited long enough. */
  idle?(out: UnifiedEvent[]): void;
  /** Appends all that waits. */
  end?(out: UnifiedEvent[]): void;
}

export type Format = JsonFormat | TextFormat;
