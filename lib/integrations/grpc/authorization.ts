import { createHash, timingSafeEqual } from 'node:crypto';
import type { Metadata } from '@grpc/grpc-js';
import { invalidArgument } from '../../validate';

/** What a header carries as it is. */
const TOKEN = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * The token of options. Errors do not show it: they end up in logs.
 * @throws TapioError ERR_INVALID_ARGUMENT
 */
export function checkToken(token: unknown): string | undefined {
  if (token === undefined || (typeof token === 'string' && TOKEN.test(token))) return token;
  const given = typeof token === 'string' ? `a text of ${token.length} characters` : typeof token;
  throw invalidArgument(
    'token',
    given,
    'a text of visible ASCII characters, with no white space or line break around it',
  );
}

/** Whether the metadata of a call has the token. Takes the same time however much of it is right. */
export function makeTokenCheck(token: string | undefined): (metadata: Metadata) => boolean {
  if (token === undefined) return () => true;
  const wanted = digest(`Bearer ${token}`);
  return (metadata) => {
    const given = metadata.get('authorization');
    return given.length === 1 && timingSafeEqual(digest(String(given[0])), wanted);
  };
}

/** Of one length, whatever it is of. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
