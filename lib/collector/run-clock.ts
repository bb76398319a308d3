/**
 * Wall-clock nanoseconds for event timestamps and latency. Threads that share `epochOffset` read exactly the
 * same clock: the monotonic one, moved to the Unix epoch once, so a latency is never torn by a clock step.
 */
export class RunClock {
  constructor(readonly epochOffset: bigint = measureEpochOffset()) {}

  now(): bigint {
    return process.hrtime.bigint() + this.epochOffset;
  }
}

function measureEpochOffset(): bigint {
  const epochMicros = Math.round((performance.timeOrigin + performance.now()) * 1000);
  return BigInt(epochMicros) * 1000n - process.hrtime.bigint();
}
