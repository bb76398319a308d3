/**
 * The rule for objects, in the binary form as in JSON: an object gives the fields or entries that it shows, whatever made it; one
 * that shows none is taken for an empty one only if it is plain. So a Map, Headers or a Date is refused and not lost.
 *
 * The rule is asked for objects that showed none: it costs nothing for those that have some.
 */
import { isRevoked } from '../errors';
import { EVENT_FIELDS } from './generated/fields';
import { invalid } from './invalid-event';

/** An object literal, of any realm, or an object without prototype. Runs traps of a Proxy; a revoked one is not plain. */
export function isPlain(item: object): boolean {
  try {
    const prototype: unknown = Object.getPrototypeOf(item);
    return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
  } catch (error) {
    if (isRevoked(item)) return false;
    throw error;
  }
}

/** Of a section without a field: plain, or of a class that has some of the fields, all of them absent. */
export function checkEmptySection(path: string, section: object): void {
  if (isPlain(section)) return;
  if (isRevoked(section)) throw invalid(path, section, 'an object that can be read');
  const { fields } = EVENT_FIELDS.find((field) => field.path === path)!;
  if (!fields!.some(({ name }) => name in section))
    throw invalid(path, section, 'a plain object, or one that has a field of it');
}

export function checkEmptyMap(path: string, map: object): void {
  if (!isPlain(map)) throw invalid(path, map, 'a plain object of strings, or one with entries of its own');
}
