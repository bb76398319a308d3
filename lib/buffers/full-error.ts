import { binding } from '../binding';
import { TapioError } from '../errors';
import type { Port } from './port';

/**
 * ERR_BUFFER_FULL, with how full it is: other threads may have taken meanwhile, and an event of several slots finds no room before all
 * of them are in use.
 * @param what is full
 * @param rings those that the put found full, with what each is called; only one needs no name
 * @param slotBytes what a slot counts for, where sizes are told in bytes
 */
export function fullError(
  what: string,
  port: Port,
  rings: readonly { ring: number; name?: string }[],
  slotBytes?: number,
): TapioError {
  const unit = slotBytes === undefined ? 'slots' : 'bytes';
  const each = rings.map(({ ring, name }) => {
    const { capacity, size } = port.stats(ring);
    const by = slotBytes ?? 1;
    return `${name === undefined ? '' : `${name} `}capacity ${capacity * by} ${unit}, ${size * by} in use`;
  });
  const waiting = port.someWaitForRoom ? '; earlier events of this instance wait for room' : '';
  return new TapioError('ERR_BUFFER_FULL', `${what} is full: ${each.join('; ')}${waiting}`);
}

/** Of a buffer with a ring for each CPU. */
export function perCPUFullError(port: Port, slotBytes: number): TapioError {
  const rings = [
    { ring: binding.currentCPU() % port.rings, name: "this CPU's ring:" },
    { ring: port.rings, name: 'overflow ring:' },
  ];
  return fullError(`this ${port.kind}`, port, rings, slotBytes);
}
