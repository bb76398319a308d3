import { isNativeError } from 'node:util/types';

/** What a sub-command of `tapio` is. A new one is a file of commands/ with a Command, and an entry in main.ts. */
export interface Command {
  /** All of `tapio <name> --help`. */
  readonly usage: string;
  /** Runs to the end and gives the exit code. A UsageError becomes its message, a hint at the usage and exit code 2. */
  run(args: string[]): Promise<number>;
}

export const ExitCode = { Done: 0, Failed: 1, Usage: 2, Interrupted: 130 } as const;

/** What ends a run for a reason that lies outside this program; the message says all there is to know. */
export class Failure extends Error {
  override name = 'Failure';
}

/** The command line cannot be run as written; the message names the option and the value. */
export class UsageError extends Error {
  override name = 'UsageError';

  static is(error: unknown): error is UsageError {
    return isNativeError(error) && error.name === 'UsageError';
  }
}
