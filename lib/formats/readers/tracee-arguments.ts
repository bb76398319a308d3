/** What both of Tracee's formats do with the arguments of an event: a list of objects with a name and a value. */
import type { UnifiedEvent } from '../../event/unified-event';
import type { JsonObject } from '../format';
import { anyText, i32Of, objectOf, portOf, setKey, textOf } from '../values';

type Kernel = NonNullable<UnifiedEvent['kernel']>;
type ValueOf = (argument: JsonObject) => unknown;

/** As text: what is text already stays so, everything else becomes JSON. */
export function readArguments(
  list: readonly unknown[] | undefined,
  valueOf: ValueOf,
): Record<string, string> | undefined {
  let args: Record<string, string> | undefined;
  for (const item of list ?? []) {
    const argument = objectOf(item);
    const name = textOf(argument?.name);
    if (argument === undefined || name === undefined) continue;
    const value = valueOf(argument);
    if (value !== undefined && value !== null) setKey((args ??= {}), name, anyText(value));
  }
  return args;
}

/** What a call gave back; an address or a size beyond 32 bits stands among the arguments. */
export function setReturn(kernel: Kernel, value: unknown): void {
  if (value === undefined || value === null) return;
  kernel.returnCode = i32Of(value);
  if (kernel.returnCode === undefined) setKey((kernel.args ??= {}), 'return', anyText(value));
}

/** Which end of a connection an argument tells; whom a program connects or sends to, unless the name says otherwise. */
const ADDRESSES: ReadonlyMap<string, 'source' | 'dest'> = new Map([
  ['addr', 'dest'],
  ['remote_addr', 'dest'],
  ['dest_addr', 'dest'],
  ['local_addr', 'source'],
  ['src_addr', 'source'],
]);

/** Ports are text. */
export function readAddress(
  event: UnifiedEvent,
  list: readonly unknown[] | undefined,
  valueOf: ValueOf,
): void {
  for (const item of list ?? []) {
    const argument = objectOf(item);
    const end = ADDRESSES.get(argument?.name as string);
    const address = end === undefined ? undefined : objectOf(valueOf(argument!));
    if (address === undefined) continue;
    const ip = textOf(address.sin_addr) ?? textOf(address.sin6_addr);
    if (ip === undefined) continue;
    const port = portOf(address.sin_port ?? address.sin6_port);
    const network = (event.network ??= {});
    if (end === 'source' || event.kernel?.syscall === 'bind') {
      network.sourceIP = ip;
      network.sourcePort = port;
    } else {
      network.destIP = ip;
      network.destPort = port;
    }
  }
}
