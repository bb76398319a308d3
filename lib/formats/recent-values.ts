import { ownText } from '../own-text';

/** Most texts that are remembered, and most characters of one. */
const MAX_TEXTS = 256;
const MAX_LENGTH = 1024;

/**
 * What is made of JSON texts that recur from line to line: labels, tags, resources. Bounded. What it gives is shared by all lines with that text, so
 * nobody may change it.
 */
export class RecentValues<T> {
  private readonly values = new Map<string, T>();

  constructor(private readonly make: (value: unknown, json: string) => T) {}

  /** Of a JSON text. */
  get(json: string): T {
    const known = this.values.get(json);
    if (known !== undefined) return known;
    if (json.length > MAX_LENGTH) return this.make(JSON.parse(json), json);
    // It is cut out of a line, which may be a thousand times as long.
    const own = ownText(json);
    const made = this.make(JSON.parse(own), own);
    if (this.values.size === MAX_TEXTS) this.values.clear();
    this.values.set(own, made);
    return made;
  }
}
