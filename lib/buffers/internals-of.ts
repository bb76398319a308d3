import type { EventInternals } from './event-internals';

type Find = (value: object) => EventInternals | undefined;

/**
 * Of each copy of this package in this realm, as an instance may be of another copy than who is handed it. Raise the number with each
 * change of EventInternals that another copy would not know.
 */
const SHARED = Symbol.for('@tapio/performance internals 1');
const finds: Find[] = ((globalThis as { [SHARED]?: Find[] })[SHARED] ??= []);

/** For the class that has them in a private field: no instance shows them. */
export function shareInternals(find: Find): void {
  finds.push(find);
}

/** Those of an event buffer of any class, and of any copy of this package; undefined of what is none. Asks a Proxy nothing. */
export function findInternals(value: object): EventInternals | undefined {
  for (const find of finds) {
    const found = find(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Those of what is known to be an event buffer. */
export function internalsOf(buffer: object): EventInternals {
  return findInternals(buffer)!;
}
