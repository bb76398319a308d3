/** Values that are no number of things, with how an error message shows each. */

/** Wrong wherever an integer from 0 is asked for. */
export const NO_INTEGER: readonly (readonly [unknown, string])[] = [
  [-1, '-1'],
  [1.5, '1.5'],
  [NaN, 'NaN'],
  [-Infinity, '-Infinity'],
  ['7', '"7"'],
  [null, 'null'],
  [7n, '7n'],
  [true, 'true'],
  [[7], 'an array of 1'],
  [{ valueOf: () => 7 }, 'an object'],
  [Symbol('7'), 'a symbol'],
  [() => 7, 'a function'],
];

/** Also wrong where there is an upper bound. */
export const TOO_LARGE: readonly (readonly [unknown, string])[] = [
  [Infinity, 'Infinity'],
  [2 ** 31, '2147483648'],
  [2 ** 32, '4294967296'],
  [2 ** 53, '9007199254740992'],
  [1e300, '1e+300'],
];

/** Too small where there is a lower bound of 1. */
export const ZEROS: readonly (readonly [unknown, string])[] = [
  [0, '0'],
  [-0, '-0'],
];
