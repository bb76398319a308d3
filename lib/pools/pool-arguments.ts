import { checkInteger, invalidArgument } from '../validate';

/** A number of objects or bytes. Unlike the limits of a take it must be a number one can count to: Infinity is refused. */
export function checkAmount(name: string, value: unknown): number {
  return checkInteger(name, value, 0, Number.MAX_SAFE_INTEGER);
}

/** An option that may be left out, which means false. */
export function checkFlag(name: string, value: unknown): boolean {
  if (value !== undefined && typeof value !== 'boolean') throw invalidArgument(name, value, 'true or false');
  return value === true;
}
