import { isNativeError } from 'node:util/types';

/** What was thrown says of itself: an error of any realm its message. */
export function messageOf(error: unknown): string {
  return isNativeError(error) ? error.message : String(error);
}
