import v8 from 'node:v8';
import { isLittle } from './little-memory';

/** Where memory is little, V8 is sparing in all threads. To be called before code is loaded: it is for what is compiled from then on. */
export function spareCode(): void {
  if (isLittle()) v8.setFlagsFromString('--optimize-for-size');
}
