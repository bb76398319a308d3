/** `ready` of every buffer class, aborted before, meanwhile and after. */
import { getEventListeners } from 'node:events';
import { rejectionOf } from '../support/errors';
import { stayOnOneCPU } from '../support/one-cpu';
import { KINDS } from '../support/subjects';
import { isPending } from '../support/waits';

stayOnOneCPU();

describe.each(KINDS)('$name', ({ make }) => {
  test('aborted before: rejects with the reason, even where it need not wait', async () => {
    const subject = make(4);
    subject.put(1);
    const reason = { why: 'before' };
    expect(await rejectionOf(subject.buffer.ready({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(subject.take()).toBe(1);
  });

  test('aborted meanwhile: rejects with the reason, and others go on waiting', async () => {
    const { buffer, put } = make(4);
    const abort = new AbortController();
    const wait = buffer.ready({ signal: abort.signal });
    const other = buffer.ready();
    expect(await isPending(wait)).toBe(true);
    const reason = new Error('meanwhile');
    abort.abort(reason);
    expect(await rejectionOf(wait)).toBe(reason);
    expect(await isPending(other)).toBe(true);
    put(1);
    await other;
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
  });

  test('aborted after: nothing happens', async () => {
    const subject = make(4);
    const abort = new AbortController();
    const wait = subject.buffer.ready({ signal: abort.signal });
    subject.put(1);
    await wait;
    abort.abort();
    expect(subject.take()).toBe(1);
  });
});
