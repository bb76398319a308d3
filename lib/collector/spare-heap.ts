import { binding } from '../binding';
import { IS_LITTLE } from './little-memory';

/** Where memory is little, the C library keeps less of what was freed. To be called before the threads of a run are started: they keep what they have got. */
export function spareHeap(): void {
  if (IS_LITTLE) binding.spareHeap();
}
