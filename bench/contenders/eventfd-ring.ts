import { createRequire } from 'node:module';
import path from 'node:path';
import { JsSpscRing } from './js-spsc';

interface Addon {
  open(callback: () => void): number;
  send(descriptor: number): void;
}

/** Words of the control memory, on lines of their own. */
const SLEEPING = 64;
const DESCRIPTOR = 80;

/** Built by `npm run bench:peers`. */
const load = (): Addon =>
  createRequire(__filename)(
    path.resolve(__dirname, '../../../bench/eventfd/build/Release/eventfd.node'),
  ) as Addon;

/**
 * The ring by hand, woken as an addon of one page would: an eventfd in the consumer's event loop, a callback, a promise. What a wake costs
 * under Node at the least.
 */
export class EventfdRing extends JsSpscRing {
  private readonly addon = load();
  private told: (() => void) | undefined;

  override wake(): void {
    const { control } = this;
    if (Atomics.load(control, SLEEPING) === 0 || Atomics.exchange(control, SLEEPING, 0) === 0) return;
    this.addon.send(Atomics.load(control, DESCRIPTOR));
  }

  override sleep(): Promise<void> {
    const { control } = this;
    return new Promise((resolve) => {
      if (this.told === undefined)
        Atomics.store(
          control,
          DESCRIPTOR,
          this.addon.open(() => this.told!()),
        );
      this.told = resolve;
      Atomics.store(control, SLEEPING, 1);
      // Something came meanwhile; unless its producer has seen us asleep.
      if (!this.isEmpty && Atomics.exchange(control, SLEEPING, 0) === 1) resolve();
    });
  }
}
