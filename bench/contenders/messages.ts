/** `postMessage` with a limit on what is under way, as every real sender needs one. */
import type { MessagePort } from 'node:worker_threads';

/** Items sent and not yet delivered, at most. */
const WINDOW = 4096;
/** Deliveries between two tellings of the sender. */
const TELL_EVERY = 64;

export const messageWindow = (): Int32Array => new Int32Array(new SharedArrayBuffer(4));

export class Sender {
  private sent = 0;

  constructor(
    private readonly port: MessagePort,
    private readonly delivered: Int32Array,
  ) {}

  send(message: unknown, items: number, transfer?: readonly ArrayBuffer[]): void {
    for (;;) {
      const delivered = Atomics.load(this.delivered, 0);
      if (((this.sent - delivered) | 0) < WINDOW) break;
      Atomics.wait(this.delivered, 0, delivered);
    }
    this.port.postMessage(message, transfer);
    this.sent = (this.sent + items) | 0;
  }
}

/** @param deliver handles a message and answers how many items were in it */
export class Receiver {
  private received = 0;
  private told = 0;
  private wanted = 0;
  private done: () => void = () => {};

  constructor(port: MessagePort, delivered: Int32Array, deliver: (message: unknown) => number) {
    port.on('message', (message) => {
      this.received = (this.received + deliver(message)) | 0;
      if (((this.received - this.told) | 0) >= TELL_EVERY || this.received === this.wanted) {
        this.told = this.received;
        Atomics.store(delivered, 0, this.received);
        Atomics.notify(delivered, 0);
      }
      if (this.received === this.wanted) this.done();
    });
  }

  /** Settles when so many more items have been delivered. */
  take(count: number): Promise<void> {
    this.wanted = (this.wanted + count) | 0;
    if (this.received === this.wanted) return Promise.resolve();
    return new Promise((resolve) => (this.done = resolve));
  }
}
