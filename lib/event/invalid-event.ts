/** How the codec refuses what it is given: one wording for each kind of refusal. */
import { show, TapioError } from '../errors';

/** Of a property whose value has the wrong type or range. */
export function invalid(path: string, value: unknown, expected: string): TapioError {
  return new TapioError('ERR_INVALID_EVENT', `${path} must be ${expected}, not ${show(value)}`);
}

/** Of an item of an array of texts, or of an entry of a map. */
export function invalidItem(path: string, key: string | number, value: unknown): TapioError {
  return invalid(pathOf(path, key), value, 'a string');
}

/** Of bytes that are no encoded event. */
export function corrupt(why: string): TapioError {
  return new TapioError('ERR_CORRUPT_DATA', `these bytes are no event: ${why}`);
}

/** `labels.app`, or `labels["a b"]` where the key is no plain name. */
export function pathOf(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  return /^[A-Za-z_$][\w$]{0,63}$/.test(key) ? `${path}.${key}` : `${path}[${show(key)}]`;
}

/** Keys of a deep value that its path shows. */
const SHOWN_KEYS = 8;

/** The path of what lies behind these keys, short even if they are a thousand. */
export function pathOfKeys(path: string, keys: readonly (string | number)[]): string {
  const shown = keys.slice(0, SHOWN_KEYS).reduce<string>(pathOf, path);
  return keys.length > SHOWN_KEYS ? `${shown} and ${keys.length - SHOWN_KEYS} keys deeper` : shown;
}
