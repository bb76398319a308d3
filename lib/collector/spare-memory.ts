/** What spares memory at the cost of speed, where there is little. */
import v8 from 'node:v8';
import { binding } from '../binding';
import { MEMORY } from './memory-plan';

/** To be called before the collector's code is loaded: it is for what is compiled from then on, in all threads. */
export function spareCode(): void {
  if (MEMORY.isSparing) v8.setFlagsFromString('--optimize-for-size');
}

/** To be called before the threads of a run are started, which keep what they have got. */
export function spareHeap(): void {
  if (MEMORY.isSparing) binding.spareHeap();
}
