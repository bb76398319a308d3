import type { EventView } from '../event/event-view';
import { EventProjector } from '../event/event-projector';
import type { UnifiedEvent } from '../event/unified-event';

/** At first: it grows when an event does not fit. */
const PROJECTOR_BYTES = 4096;

/** What of a second reader counts here. */
interface SecondReader {
  readonly hasKept: boolean;
  readonly kept: number;
  readonly nextIsObject: boolean;
  copiesOfKept(): UnifiedEvent[];
  forgetKept(): void;
  release(): void;
}

/**
 * Calls of `consume` of one reader that are under way, one inside the other. What they show must not be overwritten, so whoever takes
 * meanwhile goes on with what the reader keeps, and then by a second reader, with an attachment of its own: it is made when it is needed,
 * and what it keeps comes behind what the first one keeps.
 */
export class Nesting<Reader extends SecondReader> {
  /** How many there are. */
  depth = 0;
  private inner: Reader | undefined;
  private readonly projectors: EventProjector[] = [];

  constructor(private readonly make: () => Reader) {}

  /** Whether no call is under way, and nothing can be kept by a second reader. */
  get isNone(): boolean {
    return this.depth === 0 && this.inner === undefined;
  }

  /** The second reader. */
  get reader(): Reader {
    return (this.inner ??= this.make());
  }

  get hasKept(): boolean {
    return this.inner !== undefined && this.inner.hasKept;
  }

  get kept(): number {
    return this.inner === undefined ? 0 : this.inner.kept;
  }

  get nextIsObject(): boolean {
    return this.inner !== undefined && this.inner.nextIsObject;
  }

  copiesOfKept(): UnifiedEvent[] {
    return this.inner === undefined ? [] : this.inner.copiesOfKept();
  }

  forgetKept(): void {
    this.inner?.forgetKept();
  }

  release(): void {
    this.inner?.release();
  }

  /** A view of an event that is an object; each depth has its own. */
  project(event: UnifiedEvent, depth: number): EventView {
    return (this.projectors[depth] ??= new EventProjector(PROJECTOR_BYTES)).show(event);
  }
}
