/** Values that are no count, each with how an error message shows it. */
export const BAD_COUNTS: readonly (readonly [unknown, string])[] = [
  [-1, '-1'],
  [1.5, '1.5'],
  [NaN, 'NaN'],
  [Infinity, 'Infinity'],
  [-Infinity, '-Infinity'],
  [2 ** 53, '9007199254740992'],
  [1e300, '1e+300'],
  ['7', '"7"'],
  [7n, '7n'],
  [null, 'null'],
  [true, 'true'],
  [[7], 'an array of 1'],
  [{ valueOf: () => 7 }, 'an object'],
];

/** A matcher for the error of a bad count: its code, and a message with the value. */
export function badCountError(name: string, shown: string) {
  return expect.objectContaining({
    code: 'ERR_INVALID_ARGUMENT',
    message: `${name} must be an integer from 0 to 9007199254740991, not ${shown}`,
  });
}

/** What `fn` throws; fails if it does not throw. */
export function thrownBy(fn: () => unknown): any {
  try {
    fn();
  } catch (error) {
    return error;
  }
  throw new Error('expected a throw');
}
