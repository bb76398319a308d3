/** What signals do to a run: end it in order, end it at once, or have its file opened anew. */
import { ExitCode } from '../command-line/command';
import { ignoredSignals } from './ignored-signals';

export interface SignalActions {
  /** The first signal to end. */
  readonly stop: () => void;
  /** Before a second Ctrl-C ends the process at once. */
  readonly beforeExit: () => void;
  /** SIGHUP; false: it means nothing to this run, and ends it. */
  readonly reopen: () => boolean;
}

/** Those that were ignored at the start stay so. The result undoes this. */
export function onStopSignals({ stop, beforeExit, reopen }: SignalActions): () => void {
  let interrupted = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGHUP' && reopen()) return;
    if (interrupted && signal === 'SIGINT') {
      beforeExit();
      process.exit(ExitCode.Interrupted);
    }
    interrupted ||= signal === 'SIGINT';
    stop();
  };
  const ignored = ignoredSignals();
  const signals = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).filter((signal) => !ignored.has(signal));
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}
