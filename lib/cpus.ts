import os from 'node:os';
import { binding, loadedBinary } from './binding';
import { TapioError } from './errors';
import { checkInteger } from './validate';

const MAX_CPU = 65535;

/** The number of the CPU that runs this thread; it may have moved by the time you look. Any thread. */
export function currentCPU(): number {
  return binding.currentCPU();
}

/** The CPUs this process may run on, ascending. Of the process: neither `pinThread` nor `unpinThread` changes it. Any thread. */
export function availableCPUs(): number[] {
  return binding.availableCPUs();
}

/**
 * How many availableCPUs() tells, also where no binary loads. Not what Node tells, where it can be helped: from libuv 1.49 on a quota of CPU
 * time makes that fewer (of 1.25 CPUs it makes 1), while threads still run on all of them. Any thread.
 */
export function availableCPUCount(): number {
  return typeof loadedBinary === 'function' ? os.availableParallelism() : availableCPUs().length;
}

/**
 * Lets this thread, and threads it starts later, run on one CPU only.
 * @param cpu one of `availableCPUs()`
 * @throws TapioError ERR_INVALID_ARGUMENT for a CPU that is not available, ERR_UNSUPPORTED where the platform cannot
 */
export function pinThread(cpu: number): void {
  checkInteger('cpu', cpu, 0, MAX_CPU);
  const available = availableCPUs();
  if (!available.includes(cpu)) {
    throw new TapioError(
      'ERR_INVALID_ARGUMENT',
      `cpu must be one of the available CPUs ${available.join(', ')}, not ${cpu}`,
    );
  }
  checkOutcome(binding.pinThread(cpu), `pin a thread to CPU ${cpu}`);
}

/** Lets this thread run on all available CPUs again. @throws TapioError ERR_UNSUPPORTED where the platform cannot */
export function unpinThread(): void {
  checkOutcome(binding.unpinThread(), 'unpin a thread');
}

function checkOutcome(code: number, what: string): void {
  if (code === 0) return;
  const why = code < 0 ? 'this platform has no thread affinity' : `the system refuses with errno ${code}`;
  throw new TapioError('ERR_UNSUPPORTED', `cannot ${what}: ${why}`);
}
