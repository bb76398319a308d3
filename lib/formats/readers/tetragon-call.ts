/** The call that a Tetragon probe saw: its name, arguments, result and connection. */
import type { UnifiedEvent } from '../../event/unified-event';
import type { JsonObject } from '../format';
import { kernelOf } from '../new-event';
import { anyText, arrayOf, i32Of, objectOf, portOf, scalarText, setKey, textOf } from '../values';

type Kernel = NonNullable<UnifiedEvent['kernel']>;

/** Adds to the event what `body` tells; body: the object under the event's key. */
export function readCall(event: UnifiedEvent, body: JsonObject): void {
  const name = nameOf(body);
  const args = arrayOf(body.args);
  const result = objectOf(body.return);
  if (name === undefined && args === undefined && result === undefined) return;
  const kernel = (event.kernel ??= kernelOf(undefined));
  const texts: Record<string, string> = {};
  readName(kernel, name, texts);
  args?.forEach((item, index) => {
    const arg = objectOf(item);
    const typed = arg === undefined ? undefined : valueOf(arg);
    if (arg === undefined || typed === undefined) return;
    setKey(texts, textOf(arg.label) ?? String(index), argumentText(typed.value));
    readConnection(event, typed.type, typed.value, name);
  });
  if (result !== undefined) readResult(kernel, result, texts);
  if (Object.keys(texts).length > 0) kernel.args = texts;
}

function nameOf(body: JsonObject): string | undefined {
  const name = textOf(body.function_name) ?? textOf(body.event) ?? textOf(body.symbol);
  // sys_enter and sys_exit of any call.
  if (body.subsys === 'raw_syscalls') return undefined;
  // A tracepoint of a system call is named after it: syscalls/sys_enter_openat.
  return body.subsys === 'syscalls' ? name?.replace(/^sys_(?:enter|exit)_/, 'sys_') : name;
}

const SYSCALL_PREFIX = /^(?:__(?:x64|arm64|ia32|ia32_compat|s390x|se|do)_)?(?:compat_)?sys_/;

function readName(kernel: Kernel, name: string | undefined, texts: Record<string, string>): void {
  if (name === undefined) return;
  const syscall = name.replace(SYSCALL_PREFIX, '');
  if (syscall !== name) kernel.syscall = syscall;
  else texts.function = name;
}

/** An argument has one key that ends in its type, beside its label. */
function valueOf(arg: JsonObject): { type: string; value: unknown } | undefined {
  for (const type in arg) {
    if (type.endsWith('_arg') || type === 'syscall_id') return { type, value: arg[type] };
  }
  return undefined;
}

/** A file is told by its path; whatever else has parts, as JSON. */
function argumentText(value: unknown): string {
  return scalarText(objectOf(value)?.path) ?? anyText(value);
}

function readResult(kernel: Kernel, result: JsonObject, texts: Record<string, string>): void {
  const typed = valueOf(result);
  if (typed === undefined) return;
  kernel.returnCode = i32Of(typed.value);
  // An address, or a size beyond 32 bits.
  if (kernel.returnCode === undefined) texts.return = argumentText(typed.value);
}

const CONNECTION_TYPES: ReadonlySet<string> = new Set(['sock_arg', 'skb_arg', 'sockaddr_arg']);

function readConnection(event: UnifiedEvent, type: string, value: unknown, name: string | undefined): void {
  const socket = objectOf(value);
  if (!CONNECTION_TYPES.has(type) || socket === undefined) return;
  const network = (event.network ??= {});
  const protocol = textOf(socket.protocol)
    ?.replace(/^IPPROTO_/, '')
    .toLowerCase();
  network.protocol ??= protocol;
  if (type === 'sockaddr_arg') {
    // The address that is connected or sent to, or else bound.
    const bound = name?.includes('bind') === true;
    network[bound ? 'sourceIP' : 'destIP'] ??= textOf(socket.addr);
    network[bound ? 'sourcePort' : 'destPort'] ??= portOf(socket.port);
    return;
  }
  network.sourceIP ??= textOf(socket.saddr);
  network.sourcePort ??= portOf(socket.sport);
  network.destIP ??= textOf(socket.daddr);
  network.destPort ??= portOf(socket.dport);
}
