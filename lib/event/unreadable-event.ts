import { types } from 'node:util';
import { isArray, isRevoked, TapioError } from '../errors';
import { invalid, pathOf } from './invalid-event';

/**
 * What to throw for an event whose reading ended in `error`: a refusal of the revoked Proxy in it, at which the engine throws an
 * error of its own that names no field, or else `error`, which came out of code of the user. Runs no such code itself: it looks
 * at data properties only, and not behind a Proxy.
 */
export function readFailure(event: unknown, error: unknown): unknown {
  if (error instanceof TapioError || !types.isNativeError(error)) return error;
  const seen = new Set<unknown>();
  // Not by recursion, however deep the event is.
  const left: { value: unknown; path: string }[] = [{ value: event, path: 'event' }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { value, path } = next;
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    if (isRevokedOrHeir(value)) return invalid(path, value, 'an object that can be read');
    if (types.isProxy(value) || ArrayBuffer.isView(value)) continue;
    for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(value)))
      left.push({ value: property.value, path: innerPath(value, path, key) });
  }
  return error;
}

function isRevokedOrHeir(value: object): boolean {
  for (
    let object: object | null = value;
    object !== null;
    object = Object.getPrototypeOf(object) as object | null
  ) {
    if (types.isProxy(object)) return isRevoked(object);
  }
  return false;
}

function innerPath(owner: object, path: string, key: string): string {
  if (path === 'event') return key;
  return pathOf(path, isArray(owner) ? Number(key) : key);
}
