import { createHash, timingSafeEqual } from 'node:crypto';
import type { Metadata } from '@grpc/grpc-js';

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
