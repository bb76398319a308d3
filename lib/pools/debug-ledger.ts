import { TapioError } from '../errors';

/** What the ledger knows of one object. It never refers to the object, which must stay collectable. */
interface Entry {
  /** Where the object was last taken; '' before that. */
  taken: string;
  out: boolean;
}

/**
 * The books of a pool with `debug`: which objects are its own, which are out, and where each was taken.
 * An object that is collected while it is out gives a process warning with the code `TAPIO_POOL_LEAK`.
 *
 * Used by the thread that owns the pool. Refers weakly to objects, so watching for leaks keeps none alive.
 */
export class DebugLedger {
  readonly #entries = new WeakMap<object, Entry>();
  readonly #out = new Set<Entry>();
  readonly #collected = new FinalizationRegistry<Entry>((entry) => {
    this.#out.delete(entry);
    const { message, detail } = leakReport(entry.taken);
    process.emitWarning(message, { type: 'PoolLeakWarning', code: 'TAPIO_POOL_LEAK', detail });
  });

  /** Enters a new object. */
  adopt(object: object): void {
    if (this.#entries.has(object)) {
      throw new TapioError('ERR_INVALID_ARGUMENT', 'create returned an object that is already of this pool');
    }
    this.#entries.set(object, { taken: '', out: false });
  }

  /** The stack of the call to `method`. Text at once: frames that are not yet formatted keep their receivers alive. */
  stackAbove(method: (...args: never[]) => unknown): string {
    const holder = { stack: '' };
    Error.captureStackTrace(holder, method);
    const text = String(holder.stack);
    return text.slice(text.indexOf('\n') + 1);
  }

  take(object: object, stack: string): void {
    const entry = this.#entries.get(object) as Entry;
    entry.taken = stack;
    entry.out = true;
    this.#out.add(entry);
    this.#collected.register(object, entry, entry);
  }

  /** Throws unless the object is of this pool and out. */
  checkOut(object: object): void {
    const entry = this.#entries.get(object);
    if (entry === undefined) {
      throw new TapioError('ERR_INVALID_ARGUMENT', 'put of an object that this pool did not make');
    }
    if (!entry.out) {
      throw new TapioError(
        'ERR_POOL_DOUBLE_PUT',
        `put of an object that was put back already${entry.taken === '' ? '' : `; it was last taken\n${entry.taken}`}`,
      );
    }
  }

  giveBack(object: object): void {
    // Again: between checkOut and this the pool's user may have put the object in its own reset.
    this.checkOut(object);
    const entry = this.#entries.get(object) as Entry;
    entry.out = false;
    this.#out.delete(entry);
    this.#collected.unregister(entry);
  }

  outstanding(): string[] {
    return Array.from(this.#out, (entry) => entry.taken);
  }
}

function leakReport(taken: string): { message: string; detail: string } {
  const where = taken.split('\n', 1)[0].trim();
  return {
    message: `a pooled object was collected without being put back; it was taken ${where}`,
    detail: `Taken\n${taken}`,
  };
}
