import { JsSpscRing, SLEEPING } from './js-spsc';
import { peer } from './peers';

interface Addon {
  open(callback: () => void): number;
  send(descriptor: number): void;
}

/** A word of the control memory, on a line of its own. */
const DESCRIPTOR = 80;

/**
 * The ring by hand, woken as an addon of one page would: an eventfd in the consumer's event loop, a callback, a promise. What a wake costs
 * under Node at the least.
 */
export class EventfdRing extends JsSpscRing {
  private readonly addon = peer<Addon>('../eventfd/build/Release/eventfd.node');
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
