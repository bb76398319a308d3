/** `tapio top`: what a collector is at, until somebody quits. */
import { isTapioError } from '../../errors';
import type { Activity } from '../../integrations/activity';
import { ExitCode } from '../command-line/command';
import { stderr, stdout } from '../output/standard-streams';
import { onStopSignals } from '../signals/stop-signals';
import { ActivityPoll, type ActivityClient } from './activity-poll';
import { FullScreen } from './full-screen';
import { hasUnicode } from './sparkline';
import { renderTop, renderTopLine, type List, type TopState } from './top-view';
import { messageOf } from '../text/message-of';

/** Wider than any terminal. */
const MOST_RATES = 512;
const LIST_KEYS: Readonly<Record<string, List | 'all'>> = {
  t: 'types',
  p: 'processes',
  c: 'containers',
  a: 'all',
};

/** Rejects when the collector does not answer the first time; later that is shown and tried again. */
export async function top(address: string, connect: () => ActivityClient): Promise<number> {
  const quit = new AbortController();
  const poll = new ActivityPoll(connect);
  stdout.onFailure(() => quit.abort());
  const stop = (): void => quit.abort();
  const ignoreSignals = onStopSignals({ stop, beforeExit: stop, reopen: () => false });
  try {
    const first = await poll.ask().catch((error: unknown) => {
      if (isTapioError(error, 'ERR_UNSUPPORTED')) throw error;
      throw new Error(`${address}: ${messageOf(error)}; it takes what tapio collect --grpc serves on`);
    });
    if (quit.signal.aborted) return ExitCode.Done;
    if (stdout.canRewrite) await showScreen(address, first, poll, quit);
    else await printLines(address, first, poll, quit.signal);
  } finally {
    poll.close();
    ignoreSignals();
  }
  return ExitCode.Done;
}

async function showScreen(
  address: string,
  activity: Activity,
  poll: ActivityPoll,
  quit: AbortController,
): Promise<void> {
  const isUnicode = hasUnicode(process.env);
  let state: TopState = {
    address,
    activity,
    rates: [activity.rate],
    now: now(),
    shown: 'all',
    sort: 'rate',
    isPaused: false,
    isUnicode,
  };
  const draw = (): void => screen.draw(renderTop(state, screen.columns, screen.rows));
  const change = (changes: Partial<TopState>): void => {
    state = { ...state, ...changes };
    draw();
  };
  const screen = new FullScreen({
    redraw: draw,
    key(key) {
      if (key === 'q') quit.abort();
      else if (key === ' ') change({ isPaused: !state.isPaused });
      else if (key === 's') change({ sort: state.sort === 'rate' ? 'count' : 'rate' });
      else if (Object.hasOwn(LIST_KEYS, key)) change({ shown: LIST_KEYS[key] });
    },
  });
  screen.open();
  try {
    draw();
    await poll.follow((news) => {
      if ('trouble' in news) return change({ trouble: news.trouble });
      if (state.isPaused) return change({ trouble: undefined });
      // Of another run, if the collector began anew.
      const before = news.startedAt === state.activity.startedAt ? state.rates : [];
      const rates = [...before, news.rate].slice(-MOST_RATES);
      change({ activity: news, rates, now: now(), trouble: undefined });
    }, quit.signal);
  } finally {
    screen.close();
  }
}

async function printLines(
  address: string,
  first: Activity,
  poll: ActivityPoll,
  signal: AbortSignal,
): Promise<void> {
  stdout.print(renderTopLine({ activity: first, now: now() }));
  let isGone = false;
  await poll.follow((news) => {
    const wasGone = isGone;
    isGone = 'trouble' in news;
    if ('trouble' in news) {
      if (!wasGone) stderr.print(`tapio top: ${address}: ${news.trouble}; trying again`);
      return;
    }
    if (wasGone) stderr.print(`tapio top: ${address} answers again`);
    if (!stdout.isBehind) stdout.print(renderTopLine({ activity: news, now: now() }));
  }, signal);
}

function now(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
