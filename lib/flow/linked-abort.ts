import { setMaxListeners } from 'node:events';
import { onAbort } from '../buffers/on-abort';

/** A signal that aborts with another one, and can be aborted by itself. */
export class LinkedAbort {
  private readonly controller = new AbortController();
  private readonly unlink: (() => void) | undefined;

  /** @throws the parent's reason if it is aborted already */
  constructor(parent: AbortSignal | undefined) {
    if (parent?.aborted) throw parent.reason;
    // Any number of calls of a user's function may listen to it.
    setMaxListeners(0, this.controller.signal);
    this.unlink = parent && onAbort(parent, () => this.controller.abort(parent.reason));
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Ends all that waits for this signal, and leaves nothing on the parent. */
  end(reason?: unknown): void {
    this.unlink?.();
    this.controller.abort(reason);
  }
}
