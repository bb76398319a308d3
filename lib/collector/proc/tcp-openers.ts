/** Asks the kernel which side opened a TCP connection of this network namespace. */
import { binding } from '../../binding';
import type { Direction } from './listeners';
import { endBytes } from './tcp-table';

/** Bytes of struct TcpEnd in native/kernel/socket_diag.h. */
const END_BYTES = 40;
/** Most connections asked for in one call, some microseconds each. */
const MOST_ASKED = 1024;

const DIRECTIONS = [undefined, 'egress', 'ingress'] as const;

/** For each key of a TcpLine; undefined where the kernel does not tell. */
export function askOpeners(keys: readonly string[]): (Direction | undefined)[] {
  const count = Math.min(keys.length, MOST_ASKED);
  if (count === 0) return [];
  const ends = new Uint8Array(count * END_BYTES);
  for (let index = 0; index < count; index++) ends.set(endBytes(keys[index]), index * END_BYTES);
  const openers = new Uint8Array(count);
  binding.tcpOpeners(ends, openers);
  return Array.from(openers, (opener) => DIRECTIONS[opener]);
}
