import { ownText } from '../own-text';

/** Most texts that are remembered, and most characters of one. */
const MAX_TEXTS = 256;
const MAX_LENGTH = 1024;

/**
 * What is made of texts that recur from line to line: labels, tags, resources, names. Bounded. What it gives is shared by all lines with that text, so
 * nobody may change it.
 */
export class RecentValues<T> {
  private readonly entries = new Map<string, Entry<T>>();
  /** The one before: mostly it is the same again, and to compare two texts costs less than to hash one. */
  private last: Entry<T> | undefined;

  /** make: of a text that keeps no line alive, unless it is long. */
  constructor(private readonly make: (text: string) => T) {}

  get(text: string): T {
    if (text === this.last?.text) return this.last.value;
    if (text.length > MAX_LENGTH) return this.make(text);
    this.last = this.entries.get(text) ?? this.add(text);
    return this.last.value;
  }

  private add(text: string): Entry<T> {
    // It is cut out of a line, which may be a thousand times as long.
    const own = ownText(text);
    const entry = { text: own, value: this.make(own) };
    if (this.entries.size === MAX_TEXTS) this.entries.clear();
    this.entries.set(own, entry);
    return entry;
  }
}

interface Entry<T> {
  readonly text: string;
  readonly value: T;
}
