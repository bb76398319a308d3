import { setMaxListeners } from 'node:events';

/** A signal that aborts with another one, and can be aborted by itself. */
export class LinkedAbort {
  private readonly controller = new AbortController();
  private readonly onAbort = (): void => this.controller.abort(this.parent?.reason);

  /** @throws the parent's reason if it is aborted already */
  constructor(private readonly parent: AbortSignal | undefined) {
    parent?.throwIfAborted();
    // Any number of waits may end with it, and none stays.
    setMaxListeners(0, this.controller.signal);
    parent?.addEventListener('abort', this.onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Ends all that waits for this signal, and leaves nothing on the parent. */
  end(reason?: unknown): void {
    this.parent?.removeEventListener('abort', this.onAbort);
    this.controller.abort(reason);
  }
}
