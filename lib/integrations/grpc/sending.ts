import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ClientWritableStream, ServiceError } from '@grpc/grpc-js';
import { TapioError } from '../../errors';
import type { UnifiedEvent } from '../../event/unified-event';
import { WireWriter } from '../../event/wire-writer';
import { checkArray, invalidArgument } from '../../validate';
import { MAX_EVENT_BYTES, MESSAGE_BYTES } from './batches';
import { Round } from './round';

type Answer = (error: ServiceError | null, value?: Buffer) => void;
type Batches = AsyncIterable<readonly UnifiedEvent[]> | Iterable<readonly UnifiedEvent[]>;

const MAX_EVENTS = 256;
/** Behind so many bytes the event loop has a turn: nothing goes out without one, and gRPC wants more until it has 16 messages. */
const TURN_BYTES = 64 * 1024;

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
  let written = 0;
  try {
    for (;;) {
      const step: IteratorResult<readonly UnifiedEvent[], unknown> = await race.run(
        Promise.resolve(iterator.next()),
      );
      if (step.done) break;
      for (const { bytes, round } of messagesOf(step.value, writer)) {
        race.throwIfEnded();
        // gRPC has its own copy when it calls back.
        const wantsMore = call.write(bytes, () => round.letGo());
        written += bytes.length;
        if (wantsMore && written < TURN_BYTES) continue;
        written = 0;
        if (wantsMore) await nextTurn();
        else await race.run(drained(call));
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

interface Message {
  readonly bytes: Buffer;
  /** Where the bytes lie, which is held for them. */
  readonly round: Round;
}

function* messagesOf(events: readonly UnifiedEvent[], writer: WireWriter): Generator<Message> {
  checkArray('a batch of events', events);
  writer.clear();
  for (let at = 0; at < events.length;) {
    at += appendSome(events, at, writer);
    if (writer.count === MAX_EVENTS || writer.length > MESSAGE_BYTES) yield* messagesIn(Round.of(writer));
  }
  if (writer.count > 0) yield* messagesIn(Round.of(writer));
}

function appendSome(events: readonly UnifiedEvent[], at: number, writer: WireWriter): number {
  const before = writer.length;
  const count = writer.appendSome(events, at, Math.min(events.length - at, MAX_EVENTS - writer.count));
  if (writer.length - before > MAX_EVENT_BYTES) {
    const ends = writer.endsOfEvents().subarray(-count);
    const sizes = Array.from(ends, (end, i) => end - (i === 0 ? before : ends[i - 1]));
    const index = sizes.findIndex((size) => size > MAX_EVENT_BYTES);
    if (index >= 0)
      throw new TapioError(
        'ERR_EVENT_TOO_LARGE',
        `event ${at + index} of a batch takes ${sizes[index]} bytes, a message holds ${MAX_EVENT_BYTES}`,
      );
  }
  return count;
}

function* messagesIn(round: Round): Generator<Message> {
  const { bytes, ends } = round;
  round.hold();
  for (let from = 0; from < ends.length;) {
    const to = round.endOfMessage(from);
    round.hold();
    yield { bytes: bytes.subarray(round.startOf(from), ends[to - 1]), round };
    from = to;
  }
  round.letGo();
}
