/** Checks of arguments that more than one class makes. Each throws a TapioError with the offending value. */
import { types } from 'node:util';
import { isArray, isRevoked, show, TapioError } from './errors';

export function invalidArgument(name: string, value: unknown, expected: string): TapioError {
  return new TapioError('ERR_INVALID_ARGUMENT', `${name} must be ${expected}, not ${show(value)}`);
}

function invalidCapacity(name: string, value: unknown, expected: string): TapioError {
  return new TapioError('ERR_INVALID_CAPACITY', `${name} must be ${expected}, not ${show(value)}`);
}

/** An options object or undefined; gives an empty one for undefined. */
export function checkOptions<T extends object>(options: T | undefined, name = 'options'): T {
  if (options === undefined) return {} as T;
  if (typeof options !== 'object' || options === null || isRevoked(options))
    throw invalidArgument(name, options, 'an object');
  return options;
}

/** Of what chooses: a misspelt name would choose all. */
export function checkNames(name: string, given: object, names: readonly string[]): void {
  const unknown = Object.keys(given).find((key) => !names.includes(key));
  if (unknown !== undefined)
    throw invalidArgument(`a name in ${name}`, unknown, `one of ${names.join(', ')}`);
}

/** An integer within bounds, inclusive; -0 becomes 0. */
export function checkInteger(name: string, value: unknown, min: number, max: number): number {
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
    throw invalidArgument(name, value, `an integer from ${min} to ${max}`);
  }
  return (value as number) + 0;
}

/** How many items at most: an integer from 0, however large, or Infinity. */
export function checkCount(name: string, value: unknown): number {
  if (!(Number.isInteger(value) || value === Infinity) || (value as number) < 0) {
    throw invalidArgument(name, value, 'an integer from 0');
  }
  return (value as number) + 0;
}

export const MAX_CAPACITY = 2 ** 30;

/** Slots of a ring: a power of two. */
export function checkCapacity(value: unknown, name = 'capacity'): number {
  const slots = value as number;
  if (!Number.isInteger(value) || slots < 1 || slots > MAX_CAPACITY || (slots & (slots - 1)) !== 0) {
    throw invalidCapacity(name, value, `a power of two from 1 to ${MAX_CAPACITY}`);
  }
  return slots;
}

/** Bytes of a ring of whole slots: at least one slot. Gives the number of slots. */
export function checkRingSize(name: string, value: unknown, slotSize: number): number {
  const max = MAX_CAPACITY * slotSize;
  if (!Number.isInteger(value) || (value as number) < slotSize || (value as number) > max) {
    throw invalidCapacity(name, value, `an integer number of bytes from ${slotSize} (one slot) to ${max}`);
  }
  return Math.floor((value as number) / slotSize);
}

/** Bytes of a slot of an event buffer, its header included. */
export function checkSlotSize(value: unknown): number {
  const bytes = value as number;
  if (!Number.isInteger(value) || bytes < 128 || bytes > 65536 || bytes % 128 !== 0) {
    throw invalidArgument('slotSize', value, 'a multiple of 128 from 128 to 65536');
  }
  return bytes;
}

export function tooLargeToAllocate(what: string): TapioError {
  return new TapioError('ERR_INVALID_CAPACITY', `cannot allocate ${what}: the system refuses the memory`);
}

const lengthGetter = Reflect.get(
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'length')!,
  'get',
) as (this: Uint8Array | Uint32Array) => number;

/** The length of an array of bytes, whatever an own or overridden property of it says. Runs no user code. */
export function lengthOf(bytes: Uint8Array): number {
  return lengthGetter.call(bytes);
}

/** As lengthOf. */
export function countOf(numbers: Uint32Array): number {
  return lengthGetter.call(numbers);
}

/** A Uint8Array of any realm whose memory is still there. Runs no user code. */
export function checkBytes(name: string, value: unknown): asserts value is Uint8Array {
  if (!types.isUint8Array(value)) throw invalidArgument(name, value, 'a Uint8Array');
  if (lengthOf(value) === 0) checkAttached(name, value);
}

export function checkLengths(name: string, value: unknown): asserts value is Uint32Array {
  if (!types.isUint32Array(value)) throw invalidArgument(name, value, 'a Uint32Array');
  if (countOf(value) === 0) checkAttached(name, value);
}

/** Whether a value is a Uint8Array of any realm whose memory is still there. Runs no user code. */
export function isBytes(value: unknown): value is Uint8Array {
  return types.isUint8Array(value) && (lengthOf(value) !== 0 || isAttached(value));
}

function checkAttached(name: string, value: Uint8Array | Uint32Array): void {
  if (!isAttached(value))
    throw invalidArgument(name, value, 'an array whose memory has not been transferred away or shrunk');
}

/** An array whose memory was transferred away or shrunk has length 0, as an empty one has; only the empty one can be copied. */
function isAttached(value: Uint8Array | Uint32Array): boolean {
  try {
    new Uint8Array(value);
    return true;
  } catch {
    return false;
  }
}

/**
 * Items of an array, or of what claims to be one, read once each into an array of the engine's own.
 * @param stored of the batch they belong to: how many items before them are in
 * @throws TapioError ERR_INVALID_ARGUMENT when it is a Proxy that has been revoked since it was checked; whatever a getter of it throws
 */
export function copyOf<T>(name: string, items: readonly T[], from: number, to: number, stored: number): T[] {
  const copy = new Array<T>(to - from);
  try {
    for (let i = from; i < to; i++) copy[i - from] = items[i];
  } catch (error) {
    if (!isRevoked(items)) throw error;
    const { code, message } = invalidArgument(name, items, 'an array');
    throw new TapioError(code, message, stored);
  }
  return copy;
}

export function checkArray(name: string, value: unknown): asserts value is readonly unknown[] {
  if (!isArray(value)) throw invalidArgument(name, value, 'an array');
}

export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw invalidArgument(name, value, 'a function');
}

/** A function that is done with a view when it returns: behind an `await` the view shows another event. */
export function checkVisitor(name: string, value: unknown): void {
  checkFunction(name, value);
  // The tag first, as every other function has none: the engine's own answer costs as much as taking an event.
  if (
    (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag] !== undefined &&
    types.isAsyncFunction(value)
  ) {
    throw new TapioError(
      'ERR_INVALID_ARGUMENT',
      `${name} must not be an async function: behind an await the view shows another event`,
    );
  }
}

export function checkSignal(value: unknown): asserts value is AbortSignal | undefined {
  if (value === undefined || isSignal(value)) return;
  throw invalidArgument('signal', value, 'an AbortSignal');
}

/** Of any realm. */
function isSignal(value: unknown): value is AbortSignal {
  return (
    typeof value === 'object' &&
    value !== null &&
    !isRevoked(value) &&
    'aborted' in value &&
    typeof value.aborted === 'boolean' &&
    'addEventListener' in value &&
    typeof value.addEventListener === 'function'
  );
}

/** Of a ring: where its first ticket is to be; 0 unless a test asks for another. */
export function checkStartTicket(ticket: unknown = 0): number {
  return checkInteger('startTicket', ticket, 0, Number.MAX_SAFE_INTEGER);
}
