/**
 * What one source worker counted, in memory it shares with the main thread: right at any moment, also
 * after the worker has crashed. Written by the worker only.
 */
const FIELDS = ['produced', 'dropped', 'refused', 'malformed', 'lost'] as const;

export interface SourceCounts {
  /** Events handed to the buffer. */
  produced: number;
  /** Of those, the ones it never took. */
  dropped: number;
  /** Events the buffer refused, once for each attempt: what its own `dropped` figure counts. */
  refused: number;
  /** Input that was no event. */
  malformed: number;
  /** Events that the kernel itself could not keep; they are no part of the others. */
  lost: number;
}

export class SourceCounters {
  readonly memory: SharedArrayBuffer;
  private readonly cells: BigInt64Array;

  constructor(memory = new SharedArrayBuffer(FIELDS.length * 8)) {
    this.memory = memory;
    this.cells = new BigInt64Array(memory);
  }

  add(field: keyof SourceCounts, count: number): void {
    if (count > 0) Atomics.add(this.cells, FIELDS.indexOf(field), BigInt(count));
  }

  read(): SourceCounts {
    const at = (index: number): number => Number(Atomics.load(this.cells, index));
    return { produced: at(0), dropped: at(1), refused: at(2), malformed: at(3), lost: at(4) };
  }
}
