import type { ClientWritableStream, ServiceError } from '@grpc/grpc-js';
import { TapioError } from '../../errors';
import type { UnifiedEvent } from '../../event/unified-event';
import { WireWriter } from '../../event/wire-writer';
import { checkArray, invalidArgument } from '../../validate';
import { MAX_EVENT_BYTES, MESSAGE_BYTES } from './batches';

type Answer = (error: ServiceError | null, value?: Buffer) => void;
type Batches = AsyncIterable<readonly UnifiedEvent[]> | Iterable<readonly UnifiedEvent[]>;

const MAX_EVENTS = 256;

/**
 * Sends batches of events as messages of one call, each when the call takes it.
 * @param signal not aborted yet
 * @returns the answer
 * @throws (rejects) `signal.reason`; what `batches` throws; what an event is refused with; the ServiceError of the call, however long
 *   `batches` takes meanwhile
 */
export async function sendEvents(
  batches: Batches,
  signal: AbortSignal,
  makeCall: (answer: Answer) => ClientWritableStream<Buffer>,
): Promise<Buffer> {
  const iterator = iteratorOf(batches);
  const race = new Race();
  let call!: ClientWritableStream<Buffer>;
  const answered = new Promise<Buffer>((resolve, reject) => {
    call = makeCall((error, value) => {
      if (error === null) resolve(value!);
      else reject(error);
      race.end(error ?? new Error('the server has answered before all was sent'));
    });
  });
  // Whoever waits for it is told in the end.
  answered.catch(() => undefined);
  const abort = (): void => {
    race.end(signal.reason);
    call.cancel();
  };
  signal.addEventListener('abort', abort, { once: true });
  const writer = new WireWriter();
  try {
    for (;;) {
      const step: IteratorResult<readonly UnifiedEvent[], unknown> = await race.run(
        Promise.resolve(iterator.next()),
      );
      if (step.done) break;
      for (const message of messagesOf(step.value, writer)) {
        race.throwIfEnded();
        if (!call.write(message)) await race.run(drained(call));
      }
    }
    call.end();
    return await answered;
  } catch (error) {
    call.cancel();
    // It may be waiting for its own next batch, and then this waits, too.
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function iteratorOf(
  batches: Batches,
): AsyncIterator<readonly UnifiedEvent[]> | Iterator<readonly UnifiedEvent[]> {
  if (typeof batches === 'object' && batches !== null) {
    if (Symbol.asyncIterator in batches) return batches[Symbol.asyncIterator]();
    if (Symbol.iterator in batches) return batches[Symbol.iterator]();
  }
  throw invalidArgument('events', batches, 'an iterable of arrays of events');
}

function drained(call: ClientWritableStream<Buffer>): Promise<void> {
  return new Promise((resolve) => call.once('drain', resolve));
}

/** Waits of which each ends at the latest when all of them do. Keeps nothing of those that are over. */
class Race {
  #ended: { reason: unknown } | undefined;
  #reject: (reason: unknown) => void = () => undefined;

  end(reason: unknown): void {
    this.#ended ??= { reason };
    this.#reject(reason);
  }

  throwIfEnded(): void {
    if (this.#ended !== undefined) throw this.#ended.reason;
  }

  run<T>(wait: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      wait.then(resolve, reject);
      if (this.#ended !== undefined) this.#reject(this.#ended.reason);
    });
  }
}

function* messagesOf(events: readonly UnifiedEvent[], writer: WireWriter): Generator<Buffer> {
  checkArray('a batch of events', events);
  writer.clear();
  let count = 0;
  for (let i = 0; i < events.length; i++) {
    const start = writer.length;
    const size = writer.append(events[i]);
    if (size > MAX_EVENT_BYTES)
      throw new TapioError(
        'ERR_EVENT_TOO_LARGE',
        `event ${i} of a batch takes ${size} bytes, a message holds ${MAX_EVENT_BYTES}`,
      );
    if (writer.length > MESSAGE_BYTES && start > 0) {
      const bytes = writer.toBuffer();
      yield bytes.subarray(0, start);
      writer.clear();
      writer.append(events[i]);
      count = 0;
    }
    if (++count === MAX_EVENTS) {
      yield writer.toBuffer();
      writer.clear();
      count = 0;
    }
  }
  if (count > 0) yield writer.toBuffer();
}
