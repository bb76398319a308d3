/**
 * Checks that what several consumers got is what several producers put: each record exactly once, unchanged, and those of
 * one producer in their order. The marks are shared by all threads, so that a record that two of them got is found.
 */

/** A checksum that no swap or tear of the two numbers keeps. */
export function checksum(producer: number, sequence: number): number {
  let hash = Math.imul(producer + 0x9e3779b9, 0x85ebca6b) ^ Math.imul(sequence + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x27d4eb2f);
  return (hash ^ (hash >>> 13)) >>> 0;
}

const MAX_PROBLEMS = 10;

export class DeliveryChecker {
  readonly problems: string[] = [];
  seen = 0;
  private readonly last: Int32Array;

  /** @param marks one bit for each record, as `marksFor` makes them */
  constructor(
    private readonly marks: Int32Array,
    private readonly producers: number,
    private readonly perProducer: number,
    private readonly ordered: boolean,
  ) {
    this.last = new Int32Array(producers).fill(-1);
  }

  static marksFor(producers: number, perProducer: number): Int32Array {
    return new Int32Array(new SharedArrayBuffer(4 * producers * Math.ceil(perProducer / 32)));
  }

  see(producer: number, sequence: number, sum: number): void {
    this.seen++;
    if (!(producer < this.producers && sequence < this.perProducer) || sum !== checksum(producer, sequence)) {
      this.report(`torn: producer ${producer}, sequence ${sequence}, checksum ${sum}`);
      return;
    }
    const bit = 1 << (sequence & 31);
    const word = producer * Math.ceil(this.perProducer / 32) + (sequence >>> 5);
    if ((Atomics.or(this.marks, word, bit) & bit) !== 0)
      this.report(`twice: producer ${producer}, sequence ${sequence}`);
    if (this.ordered && sequence <= this.last[producer]) {
      this.report(`order: producer ${producer}, sequence ${sequence} after ${this.last[producer]}`);
    }
    this.last[producer] = sequence;
  }

  /** What is wrong in all; to be called once all consumers are done. */
  static missing(marks: Int32Array, producers: number, perProducer: number): string[] {
    const missing: string[] = [];
    const words = Math.ceil(perProducer / 32);
    for (let producer = 0; producer < producers; producer++) {
      for (let sequence = 0; sequence < perProducer && missing.length < MAX_PROBLEMS; sequence++) {
        const word = marks[producer * words + (sequence >>> 5)];
        if ((word & (1 << (sequence & 31))) === 0)
          missing.push(`lost: producer ${producer}, sequence ${sequence}`);
      }
    }
    return missing;
  }

  private report(problem: string): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(problem);
  }
}
