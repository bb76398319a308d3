import { isArrayOrRevoked, show, TapioError } from '../errors';

/** What a user hands over to be called: an object with a method of that name. @throws TapioError ERR_INVALID_ARGUMENT */
export function checkMethod(name: string, value: unknown, method: string, expected: string): void {
  let what = show(value);
  if (typeof value === 'object' && value !== null && !isArrayOrRevoked(value)) {
    const { [method]: given } = value as Record<string, unknown>;
    if (typeof given === 'function') return;
    what += ` whose ${method} is ${show(given)}`;
  }
  throw new TapioError('ERR_INVALID_ARGUMENT', `${name} must be ${expected}, not ${what}`);
}
