const listeners = new WeakMap<AbortSignal, SharedListener>();

/** The one listener on a signal, and what it calls. */
class SharedListener {
  private readonly acts = new Set<() => void>();

  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener('abort', this.onAbort, { once: true });
    listeners.set(signal, this);
  }

  add(act: () => void): () => void {
    this.acts.add(act);
    return () => {
      if (!this.acts.delete(act) || this.acts.size > 0) return;
      this.signal.removeEventListener('abort', this.onAbort);
      listeners.delete(this.signal);
    };
  }

  private readonly onAbort = (): void => {
    listeners.delete(this.signal);
    for (const act of this.acts) {
      this.acts.delete(act);
      act();
    }
  };
}

/**
 * Calls `act` once when the signal aborts, unless the returned function is called before. However many waits end with a signal, it has
 * one listener of ours: Node warns of a leak from eleven on, and a signal of another realm cannot be told not to.
 *
 * Threads: the signal's. Memory: leaves nothing on a signal that nobody waits with.
 *
 * @param signal not aborted yet
 * @param act throws nothing
 */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  return (listeners.get(signal) ?? new SharedListener(signal)).add(act);
}
