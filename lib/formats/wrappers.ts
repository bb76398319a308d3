/**
 * What a container runtime puts around each line: CRI's `TIME stdout|stderr F|P line`, and docker's `{"log","stream","time"}`. Both cut
 * long lines into parts: CRI marks every part but the last with P, docker ends none but the last with a newline.
 */
import type { JsonObject } from './format';
import { timeOfText } from './time';
import { parseJson } from './exact-json';
import { objectOf, restOf, withMisfits } from './values';

export interface WrappedLine {
  readonly wrapper: 'CRI' | 'docker';
  /** undefined: longer than what is kept. */
  readonly text: string | undefined;
  readonly stream: 'stdout' | 'stderr';
  readonly time: bigint | undefined;
  /** Whether further parts follow. */
  readonly partial: boolean;
  /** What docker's object has besides: `attrs`, and what collectors add. */
  readonly rest?: JsonObject;
}

const CRI =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) (stdout|stderr) ([FP])(?::\S*)?(?: |$)/;

export function splitCri(line: string): WrappedLine | undefined {
  const first = line.charCodeAt(0);
  if (first < 0x30 || first > 0x39) return undefined;
  const match = CRI.exec(line);
  if (match === null) return undefined;
  const [head, time, stream, tag] = match;
  return {
    wrapper: 'CRI',
    text: line.slice(head.length),
    stream: stream as WrappedLine['stream'],
    time: timeOfText(time),
    partial: tag === 'P',
  };
}

/** A logger's own line may have these keys, too. */
export function isDockerLine({ stream, log, time, level, msg }: JsonObject): boolean {
  if (typeof log !== 'string' || typeof time !== 'string') return false;
  return (stream === 'stdout' || stream === 'stderr') && level === undefined && msg === undefined;
}

/** Characters of one line in parts; what is longer is skipped. */
const MAX_LENGTH = 2 ** 26;
/** So that parts of nothing do not wait without a bound. */
const PART_OVERHEAD = 64;

const MAPPED = new Set(['log', 'stream', 'time']);

/** Whether it is an object of JSON: part of a longer text is none. */
function isObject(text: string): boolean {
  return text.startsWith('{') && text.endsWith('}') && objectOf(parseJson(text)) !== undefined;
}

interface Waiting {
  wrapper: WrappedLine['wrapper'];
  parts: string[];
  length: number;
  /** Of the first part. */
  time: bigint | undefined;
  since: number;
  rest: JsonObject | undefined;
}

/** Puts the parts of each stream together. At most MAX_LENGTH characters wait for each of the two. */
export class StreamParts {
  private readonly waiting = new Map<WrappedLine['stream'], Waiting>();

  ofDocker(value: JsonObject): WrappedLine {
    const log = value.log as string;
    const ends = log.endsWith('\n');
    const stream = value.stream as WrappedLine['stream'];
    const time = timeOfText(value.time);
    return {
      ...{ wrapper: 'docker', stream, time },
      text: ends ? log.slice(0, -1) : log,
      partial: !ends && !this.isWhole(value, log),
      rest: withMisfits(restOf(value, MAPPED), value, { time }),
    };
  }

  /** Of a text without a newline, which collectors take off. */
  private isWhole(value: JsonObject, log: string): boolean {
    const tag = value._p ?? value.logtag;
    if (tag === 'F' || tag === 'P') return tag === 'F';
    for (const key in value) if (!MAPPED.has(key) && key !== 'attrs') return true;
    return !this.waiting.has(value.stream as WrappedLine['stream']) && isObject(log);
  }

  /** The number of the oldest line that waits, or infinity. */
  get waitingSince(): number {
    let oldest = Infinity;
    if (this.waiting.size > 0)
      for (const { since } of this.waiting.values()) oldest = Math.min(oldest, since);
    return oldest;
  }

  /** The whole line, once its last part has come. number: of the line that the part is. */
  join(part: WrappedLine, number: number): WrappedLine | undefined {
    const before = this.waiting.get(part.stream);
    if (before === undefined && !part.partial) return part;
    const all = before ?? { ...part, parts: [], length: 0, since: number, rest: undefined };
    const { text } = part;
    if (part.rest !== undefined) all.rest = { ...all.rest, ...part.rest };
    all.length += (text?.length ?? 0) + PART_OVERHEAD;
    if (all.length > MAX_LENGTH) all.parts = [];
    else all.parts.push(text ?? '');
    if (part.partial) {
      this.waiting.set(part.stream, all);
      return undefined;
    }
    this.waiting.delete(part.stream);
    const { time, rest } = all;
    return { ...part, text: all.length > MAX_LENGTH ? undefined : all.parts.join(''), time, rest };
  }

  /** What waits, as if it were whole: an empty last part for each stream. */
  end(): WrappedLine[] {
    return [...this.waiting].map(([stream, { wrapper }]) => ({
      ...{ wrapper, text: '', stream, time: undefined, partial: false },
    }));
  }
}
