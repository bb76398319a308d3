/** Lines on their way to one descriptor, in order. Whoever wrote learns how much of its text got there. */
import type { Writer } from './writer';

/** taken: bytes the kernel took. error: why not all. */
export type OnWritten = (taken: number, error: Error | undefined) => void;

/** torn: the beginning of a line whose end could not be written any more; mostly empty. */
export type OnFailure = (error: NodeJS.ErrnoException, torn: Buffer) => void;

type Job =
  | { readonly bytes: Buffer; readonly done: OnWritten }
  | { readonly replace: (old: Writer) => Promise<Writer> };

const NEWLINE = 0x0a;
/** Bytes. From so many on that wait, `room` waits, too. */
export const HIGH_WATER = 1 << 20;

/** One thread's. After the first failure nothing more is written; every write is still answered. */
export class Output {
  /** Why nothing more is written. */
  failure: NodeJS.ErrnoException | undefined;
  private readonly jobs: Job[] = [];
  private readonly listeners: OnFailure[] = [];
  private waiting = 0;
  private idle: Promise<void> = Promise.resolve();
  private isRunning = false;
  private abandoned: Error | undefined;

  constructor(private writer: Writer) {}

  get isTerminal(): boolean {
    return this.writer.isTerminal;
  }

  /** It failed as its reader went away: a pipe's other end, or the terminal. No failure of ours; EIO of a disk is one. */
  get isReaderGone(): boolean {
    const code = this.failure?.code;
    return code === 'EPIPE' || (code === 'EIO' && this.isTerminal);
  }

  /** Bytes that were not taken yet. */
  get waitingBytes(): number {
    return this.waiting;
  }

  /** bytes: whole lines; they must not change until `done` is called, which it is once in any case. */
  write(bytes: Buffer, done: OnWritten = () => {}): void {
    if (this.failure) return done(0, this.failure);
    this.waiting += bytes.length;
    this.add({ bytes, done });
  }

  /** What is written from here on goes to another writer, which `replace` makes; it must not reject. */
  replace(replace: (old: Writer) => Promise<Writer>): void {
    if (!this.failure) this.add({ replace });
  }

  /** undefined, or a promise that ends when less waits. */
  room(): Promise<void> | undefined {
    return this.waiting > HIGH_WATER ? this.drained() : undefined;
  }

  /** Resolves when all that was written has been answered. */
  async drained(): Promise<void> {
    while (this.isRunning) await this.idle;
  }

  onFailure(listener: OnFailure): void {
    this.listeners.push(listener);
  }

  /** Writes no more, also of what waits. */
  abandon(error: Error): void {
    if (this.failure ?? this.abandoned) return;
    this.abandoned = error;
    this.writer.abandon(error);
    // A write that is under way tells what was taken.
    if (!this.isRunning) this.fail(error, Buffer.alloc(0));
  }

  /** Call it when all is drained. Rejects if the system tells only now that something is lost. */
  close(): Promise<void> {
    return this.writer.close();
  }

  private get ended(): Error | undefined {
    return this.failure ?? this.abandoned;
  }

  private add(job: Job): void {
    this.jobs.push(job);
    if (!this.isRunning) this.idle = this.run();
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    for (let job = this.jobs.shift(); job; job = this.jobs.shift()) {
      if ('replace' in job) {
        if (!this.ended) this.writer = await job.replace(this.writer);
        continue;
      }
      const { bytes, done } = job;
      const { taken, error } = this.ended ? { taken: 0, error: this.ended } : await this.writer.write(bytes);
      this.waiting -= bytes.length;
      if (error && !this.failure) {
        const end = bytes.subarray(0, taken).lastIndexOf(NEWLINE) + 1;
        this.fail(error, bytes.subarray(end, taken));
      }
      done(taken, error);
    }
    this.isRunning = false;
  }

  private fail(error: NodeJS.ErrnoException, torn: Buffer): void {
    this.failure = error;
    for (const listener of this.listeners) listener(error, torn);
  }
}
