/**
 * Signals that were ignored when the command was started, as nohup and shells do it for what runs in the background. Node sets
 * them back to their defaults before any JavaScript runs, so `bin/tapio.js` notes them in the environment first.
 */
import os from 'node:os';

/** A bit for each signal, as in /proc/PID/status. */
export const IGNORED_VARIABLE = 'TAPIO_IGNORED_SIGNALS';

/** Those that end or stop a process, and that Node lets a program handle. */
const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR2', 'SIGALRM', 'SIGTERM', 'SIGTSTP'] as const;

export function ignoredSignals(mask = process.env[IGNORED_VARIABLE]): ReadonlySet<NodeJS.Signals> {
  if (mask === undefined || !/^[0-9a-f]{1,16}$/i.test(mask)) return new Set();
  const bits = BigInt(`0x${mask}`);
  return new Set(SIGNALS.filter((name) => (bits >> BigInt(os.constants.signals[name] - 1)) & 1n));
}

/** Makes them ignored again, for the rest of the process. */
export function keepIgnored(): void {
  for (const signal of ignoredSignals()) process.on(signal, () => {});
}
