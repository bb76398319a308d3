import { ownText } from '../own-text';

/** Most texts that are remembered, and most characters of one. */
const MAX_TEXTS = 256;
const MAX_LENGTH = 1024;

/**
 * What is made of JSON texts that recur from line to line: labels, tags, resources. Bounded. What it gives is shared by all lines with that text, so
 * nobody may change it.
 */
export class RecentValues<T> {
  private readonly entries = new Map<string, Entry<T>>();
  /** The one before: mostly it is the same again, and to compare two texts costs less than to hash one. */
  private last: Entry<T> | undefined;

  constructor(private readonly make: (value: unknown, json: string) => T) {}

  /** Of a JSON text. */
  get(json: string): T {
    if (json === this.last?.json) return this.last.value;
    if (json.length > MAX_LENGTH) return this.make(JSON.parse(json), json);
    this.last = this.entries.get(json) ?? this.add(json);
    return this.last.value;
  }

  private add(json: string): Entry<T> {
    // It is cut out of a line, which may be a thousand times as long.
    const own = ownText(json);
    const entry = { json: own, value: this.make(JSON.parse(own), own) };
    if (this.entries.size === MAX_TEXTS) this.entries.clear();
    this.entries.set(own, entry);
    return entry;
  }
}

interface Entry<T> {
  readonly json: string;
  readonly value: T;
}
