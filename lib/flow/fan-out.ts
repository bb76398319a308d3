import type { EventEndpoint } from '../buffers/event-endpoint';
import { internalsOf } from '../buffers/internals-of';
import type { WaitOptions } from '../buffers/wait-queue';
import { isClosedError, TapioError } from '../errors';
import type { UnifiedEvent } from '../event/unified-event';
import { checkArray, checkOptions, checkSignal, invalidArgument } from '../validate';
import { type AnyEventBuffer, checkEndpoint } from './endpoints';
import { LinkedAbort } from './linked-abort';
import { putInAny } from './put-in-any';
import { Turns } from './turns';

/**
 * Who gets an event. `round-robin`: one output after the other, past those that are full or closed. `broadcast`: all of them. A
 * function: the output whose index it returns; any safe integer will do, such as a hash of a key, and is taken modulo the number of
 * outputs.
 */
export type FanOutPolicy = 'round-robin' | 'broadcast' | ((event: UnifiedEvent) => number);

/** Events that are taken from the input at a time. */
const BATCH = 64;

/**
 * Distributes events among buffers.
 *
 * Threads: an instance belongs to one thread, as the buffers' instances do; those who take from the outputs may be anywhere.
 * Guarantees: `run` loses nothing: it waits for room, and what it took and could not deliver goes back to the input. Outputs get
 *   their events in the order of the input.
 * Full: `tryPut` answers false, `run` waits.
 * Closed: `run` closes the outputs once the input is closed and drained. An output that somebody else has closed is passed over by
 *   round-robin while another one is open; else it throws ERR_BUFFER_CLOSED.
 * Memory: holds the outputs; events wait in the buffers only.
 */
export class FanOut {
  readonly #outputs: readonly EventEndpoint[];
  readonly #policy: FanOutPolicy;
  /** Whose turn it is, round-robin. */
  #turn = 0;
  #running = false;
  /** Of a broadcast: an event that some outputs have, and those that lack it. */
  #owed: { event: UnifiedEvent; lacking: Set<EventEndpoint> } | undefined;

  /**
   * @param outputs at least one, each once
   * @param policy default `round-robin`
   * @throws TapioError ERR_INVALID_ARGUMENT
   */
  constructor(outputs: readonly AnyEventBuffer[], policy: FanOutPolicy = 'round-robin') {
    checkArray('outputs', outputs);
    const all = Array.from<EventEndpoint>(outputs);
    if (all.length === 0) throw invalidArgument('outputs', outputs, 'an array of at least one EventBuffer');
    all.forEach((output, i) => checkEndpoint(`outputs[${i}]`, output));
    all.forEach((output, i) => {
      const first = all.indexOf(output);
      if (first < i)
        throw new TapioError(
          'ERR_INVALID_ARGUMENT',
          `outputs[${i}] must be another buffer than outputs[${first}], not the same`,
        );
    });
    if (typeof policy !== 'function' && policy !== 'round-robin' && policy !== 'broadcast') {
      throw invalidArgument('policy', policy, "'round-robin', 'broadcast' or a function");
    }
    this.#outputs = all;
    this.#policy = policy;
  }

  /**
   * Offers an event without waiting. Round-robin: false if all outputs are full. By function: false if that output is full. Broadcast:
   * offers it to each, and true only if all took it; those that took it keep it. An output that refuses counts it in `rejected`.
   * @throws TapioError ERR_BUFFER_CLOSED, ERR_INVALID_EVENT, ERR_EVENT_TOO_LARGE; ERR_INVALID_ARGUMENT when the function returns no safe integer
   */
  tryPut(event: UnifiedEvent): boolean {
    if (typeof this.#policy === 'function') return this.#outputOf(event, this.#policy).tryPut(event);
    if (this.#policy === 'round-robin') {
      const { taken, open } = this.#offerInTurn(event);
      // Once more to one that counts the refusal.
      return taken || open.tryPut(event);
    }
    let all = true;
    let closed: Error | undefined;
    for (const output of this.#outputs) {
      try {
        all = output.tryPut(event) && all;
      } catch (error) {
        if (!isClosedError(error)) throw error;
        closed = error as Error;
      }
    }
    if (closed !== undefined) throw closed;
    return all;
  }

  /**
   * Moves all events of `input` to the outputs, as they come, waiting for room. Ends when the input is closed and drained, and then
   * closes the outputs. One run at a time.
   *
   * When aborted or failing, the outputs stay open, and events that were taken and not delivered go back to this instance of the
   * input, where they come first. Of a broadcast, one event may be with some of the outputs already: the next run of this FanOut
   * begins with bringing it to the others.
   * @throws TapioError (rejects) `signal.reason` when aborted; what `tryPut` throws
   */
  async run(input: AnyEventBuffer, options?: WaitOptions): Promise<void> {
    checkEndpoint('input', input);
    const { signal } = checkOptions(options);
    checkSignal(signal);
    const same = (this.#outputs as readonly unknown[]).indexOf(input);
    if (same >= 0)
      throw new TapioError('ERR_INVALID_ARGUMENT', `input must be none of the outputs, not outputs[${same}]`);
    if (this.#running)
      throw new TapioError('ERR_INVALID_ARGUMENT', 'this FanOut is running already: one input at a time');
    if (signal?.aborted) throw signal.reason;
    this.#running = true;
    try {
      await this.#settleOwed(signal);
      await this.#moveAll(input, signal);
    } finally {
      this.#running = false;
    }
    for (const output of this.#outputs) output.close();
  }

  async #moveAll(input: EventEndpoint, signal: AbortSignal | undefined): Promise<void> {
    const turns = new Turns();
    while (await internalsOf(input).recordOrEnd(signal)) {
      const batch = internalsOf(input).takeUpTo(BATCH);
      let next = 0;
      try {
        for (; next < batch.length; next++) {
          const wait = this.#deliver(batch[next], signal);
          if (wait !== undefined) await wait;
        }
      } catch (error) {
        const owed = this.#owed?.event === batch[next];
        internalsOf(input).giveBack(batch.slice(owed ? next + 1 : next));
        throw error;
      }
      if (turns.due) await turns.take();
    }
  }

  /** A promise only where there is no room yet. */
  #deliver(event: UnifiedEvent, signal: AbortSignal | undefined): Promise<void> | undefined {
    if (typeof this.#policy === 'function') {
      const output = this.#outputOf(event, this.#policy);
      return internalsOf(output).offer(event) ? undefined : output.putAsync(event, { signal });
    }
    if (this.#policy === 'round-robin') {
      return this.#offerInTurn(event).taken ? undefined : putInAny(event, this.#outputs, signal);
    }
    return this.#broadcast(event, signal);
  }

  /** Offers an event to the outputs in turn; `open` is one that is not closed. @throws TapioError ERR_BUFFER_CLOSED when all are */
  #offerInTurn(event: UnifiedEvent): { taken: boolean; open: EventEndpoint } {
    const outputs = this.#outputs;
    let open: EventEndpoint | undefined;
    let closed: Error | undefined;
    for (let i = 0; i < outputs.length; i++) {
      const index = (this.#turn + i) % outputs.length;
      const output = outputs[index];
      try {
        const taken = internalsOf(output).offer(event);
        open ??= output;
        if (!taken) continue;
        this.#turn = (index + 1) % outputs.length;
        return { taken, open };
      } catch (error) {
        if (!isClosedError(error)) throw error;
        closed = error as Error;
      }
    }
    if (open === undefined) throw closed as Error;
    return { taken: false, open };
  }

  #outputOf(event: UnifiedEvent, choose: (event: UnifiedEvent) => number): EventEndpoint {
    const chosen: unknown = choose(event);
    if (!Number.isSafeInteger(chosen)) throw invalidArgument('what policy returns', chosen, 'a safe integer');
    const { length } = this.#outputs;
    return this.#outputs[(((chosen as number) % length) + length) % length];
  }

  #broadcast(event: UnifiedEvent, signal: AbortSignal | undefined): Promise<void> | undefined {
    const lacking = new Set(this.#outputs);
    this.#owed = { event, lacking };
    try {
      for (const output of this.#outputs) if (internalsOf(output).offer(event)) lacking.delete(output);
    } catch (error) {
      this.#forgetUnlessBegun(lacking);
      throw error;
    }
    if (lacking.size > 0) return this.#settleOwed(signal);
    this.#owed = undefined;
    return undefined;
  }

  /** Brings the event that only some outputs have to the others. */
  async #settleOwed(signal: AbortSignal | undefined): Promise<void> {
    if (this.#owed === undefined) return;
    const { event, lacking } = this.#owed;
    const waits = new LinkedAbort(signal);
    let failure: { error: unknown } | undefined;
    await Promise.all(
      Array.from(lacking, (output) =>
        output.putAsync(event, { signal: waits.signal }).then(
          () => void lacking.delete(output),
          (error: unknown) => {
            failure ??= { error };
            waits.end();
          },
        ),
      ),
    );
    waits.end();
    if (failure !== undefined) {
      this.#forgetUnlessBegun(lacking);
      throw failure.error as Error;
    }
    this.#owed = undefined;
  }

  /** An event that no output has is owed by the input. */
  #forgetUnlessBegun(lacking: ReadonlySet<EventEndpoint>): void {
    if (lacking.size === this.#outputs.length) this.#owed = undefined;
  }
}
