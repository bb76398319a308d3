/** What code throws, for tests that look at the code and the message of an error. */

export interface Thrown {
  name: string;
  code: string;
  message: string;
  stored?: number;
}

/** The error that `run` throws; a run that throws nothing fails the test. */
export function thrownBy(run: () => unknown): Thrown {
  let result: unknown;
  try {
    result = run();
  } catch (error) {
    return error as Thrown;
  }
  throw new Error(`nothing was thrown, but ${typeof result} returned`);
}

/** The reason that a promise rejects with; one that resolves fails the test. */
export async function rejectionOf(promise: Promise<unknown>): Promise<any> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('the promise was expected to reject');
}

/** The code that a call ends with, thrown or by a rejected promise; 'none' when it ends well. */
export async function codeOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return 'none';
  } catch (error) {
    return (error as Thrown).code ?? String(error);
  }
}

export function closedError(): object {
  return expect.objectContaining({ name: 'TapioError', code: 'ERR_BUFFER_CLOSED' });
}
