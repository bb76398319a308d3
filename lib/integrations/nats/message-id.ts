import { createHash } from 'node:crypto';
import { generateEventId } from '../../event/event-id';

/** What a header carries unchanged, and has room for. */
const FIT_FOR_HEADER = /^[\x21-\x7e]{1,256}$/;

/**
 * The id by which a server tells a message that it has stored already: that of the first event, and their number. An event's id
 * that is no header's value gives its digest. Events without an id have nothing in common, so each message gets an id of its own.
 */
export function messageId(firstId: string, count: number): string {
  return `${headerOf(firstId)}+${count}`;
}

function headerOf(id: string): string {
  if (FIT_FOR_HEADER.test(id)) return id;
  return id === '' ? generateEventId() : createHash('sha256').update(id).digest('hex');
}
