import { lengthOf } from '../validate';

/** Nobody else has it, so it is never the array that comes. */
const NONE = new Uint8Array(0);

/**
 * The array that a user handed over last. Native code remembers where it lies, so when the same one comes again it can be
 * copied from or to without passing an object through Node-API, which costs as much as the rest of the call.
 *
 * What native code remembers holds as long as this very object has the length it had: the memory of an array does not move,
 * and when it is taken away (transferred, shrunk, grown WebAssembly memory) the length changes until the same memory is
 * there again, if ever.
 *
 * Threads: the one that made it. Memory: keeps the array alive until another one comes.
 */
export class LastArray {
  private array: Uint8Array = NONE;
  private length = -1;

  /** Whether native code may use `array` where it remembers it. Runs no user code. */
  is(array: Uint8Array): boolean {
    return array === this.array && lengthOf(array) === this.length;
  }

  /**
   * To be called before native code is given another array, as JavaScript may be interrupted behind that call (a timeout of `vm`) and
   * go on elsewhere.
   */
  forget(): void {
    this.array = NONE;
  }

  /**
   * To be called once native code has been given `array`, a Uint8Array.
   * @param length of it, as native code was told; an empty one looks like one that was taken away
   */
  remember(array: Uint8Array, length: number): void {
    this.length = length;
    this.array = length === 0 ? NONE : array;
  }
}
