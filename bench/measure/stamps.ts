/** Time from put to delivery. The stamp is a number of 32 bits, so that it can travel in a field of an event. */
import { now } from './clock';

/** One event of so many carries a stamp, so that reading the clock stays out of the figures. A power of two. */
const SAMPLE = 16;
const UNITS_PER_MS = 10_000;

let latencies: number[] = [];

/** Whether the event of this number carries a stamp. */
export function stamped(index: number): boolean {
  return (index & (SAMPLE - 1)) === 0;
}

export function stamp(): number {
  return Math.round(now() * UNITS_PER_MS) >>> 0;
}

/** To be called where an event is read, with the stamp that it carries. */
export function noteDelivery(put: number): void {
  latencies.push((((stamp() - put) >>> 0) / UNITS_PER_MS) * 1000);
}

/** Microseconds, of all deliveries since the call before. */
export function takeLatencies(): Float64Array {
  const taken = Float64Array.from(latencies);
  latencies = [];
  return taken;
}
