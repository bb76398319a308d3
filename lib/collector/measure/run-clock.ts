/** In Bun and Deno each thread's hrtime counts from a moment of its own. */
const THREADS_SHARE_HRTIME = process.versions.bun === undefined && process.versions.deno === undefined;

/**
 * Wall-clock nanoseconds for event timestamps and latency. Threads that share `epochOffset` read exactly the
 * same clock: the monotonic one, moved to the Unix epoch once, so a latency is never torn by a clock step.
 * In Bun and Deno each thread moves its own, which agree to a millisecond.
 */
export class RunClock {
  readonly epochOffset: bigint;

  /** @param shared that of another thread */
  constructor(shared?: bigint) {
    this.epochOffset = shared !== undefined && THREADS_SHARE_HRTIME ? shared : measureEpochOffset();
  }

  now(): bigint {
    return process.hrtime.bigint() + this.epochOffset;
  }
}

function measureEpochOffset(): bigint {
  const epochMicros = Math.round((performance.timeOrigin + performance.now()) * 1000);
  return BigInt(epochMicros) * 1000n - process.hrtime.bigint();
}
