/** Asks a collector what it is at, again and again, whether it is there or not. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Activity } from '../../integrations/activity';
import { messageOf } from '../text/message-of';

/** A connection to a collector. */
export interface ActivityClient {
  /** Undefined from a server that is no collector. */
  getActivity(): Promise<Activity | undefined>;
  close(): void;
}

const INTERVAL_MS = 1000;
const LIMIT_MS = 3000;

/** What gRPC says of a connection has the reason in the middle: "... Last error: Error: connect ECONNREFUSED. Resolution note: ". */
function withReason(error: unknown): unknown {
  const found = /Last error: (?:Error: )?(.*?)\.? Resolution note:/.exec(messageOf(error));
  if (found === null) return error;
  return new Error(found[1] === 'null' ? 'no answer' : `no answer: ${found[1]}`);
}

/** One thread's, one call at a time. After a failure the next try has a connection of its own. */
export class ActivityPoll {
  private client: ActivityClient | undefined;

  constructor(private readonly connect: () => ActivityClient) {}

  /** Rejects with the reason when there is no answer in time. */
  async ask(): Promise<Activity> {
    const client = (this.client ??= this.connect());
    const late = new AbortController();
    try {
      const activity = await Promise.race([
        client.getActivity(),
        delay(LIMIT_MS, undefined, { signal: late.signal }).then(() => {
          throw new Error(`no answer within ${LIMIT_MS / 1000} s`);
        }),
      ]);
      if (activity === undefined) throw new Error('a server is there, but it is no collector');
      return activity;
    } catch (error) {
      this.close();
      throw withReason(error);
    } finally {
      late.abort();
    }
  }

  /** Behind an answer of `ask`: calls with each further one, once a second, until the signal. Rejects never. */
  async follow(
    tell: (news: Activity | { readonly trouble: string }) => void,
    signal: AbortSignal,
  ): Promise<void> {
    for (let rest = INTERVAL_MS; ;) {
      await delay(rest, undefined, { signal }).catch(() => {});
      if (signal.aborted) break;
      const askedAt = performance.now();
      const news = await this.ask().catch((error: unknown) => ({
        trouble: messageOf(error),
      }));
      if (signal.aborted) break;
      tell(news);
      rest = Math.max(0, INTERVAL_MS - (performance.now() - askedAt));
    }
    this.close();
  }

  close(): void {
    this.client?.close();
    this.client = undefined;
  }
}
