/** Time from put to delivery. The stamp is a number of 32 bits, so that it can travel in a field of an event. */
/** One event of so many carries a stamp, so that reading the clock stays out of the figures. A power of two. */
const SAMPLE = 16;
const UNITS_PER_MICRO = 10;

let latencies: number[] = [];

/** Whether the event of a number carries a stamp. */
export type Stamped = (index: number) => boolean;

export const stamped: Stamped = (index) => (index & (SAMPLE - 1)) === 0;

/** For rows that measure throughput. */
export const neverStamped: Stamped = () => false;

/** Of the one clock that all threads share; `performance.now()` starts anew in each. */
export function stamp(): number {
  return Number(BigInt.asUintN(32, process.hrtime.bigint() / BigInt(1000 / UNITS_PER_MICRO)));
}

/** To be called where an event is read, with the stamp that it carries. */
export function noteDelivery(put: number): void {
  latencies.push(((stamp() - put) >>> 0) / UNITS_PER_MICRO);
}

/** Microseconds, of all deliveries since the call before. */
export function takeLatencies(): Float64Array {
  const taken = Float64Array.from(latencies);
  latencies = [];
  return taken;
}
