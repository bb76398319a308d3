import type { ServerReadableStream } from '@grpc/grpc-js';
import type { ServerHttp2Session } from 'node:http2';

const WINDOW_BYTES = 1024 * 1024;
/** Calls that interceptors have wrapped. */
const MAX_WRAPPED = 8;

interface WrappedCall {
  readonly nextCall?: WrappedCall;
  readonly stream?: { readonly session?: ServerHttp2Session };
}

const widened = new WeakSet<ServerHttp2Session>();

/**
 * Lets the client of a call send 1 MiB ahead, on its connection and on each of its calls. A server of @grpc/grpc-js 1.14.7 takes no
 * notice of `grpc-node.flow_control_window`, and gives 64 KiB, half a message of full events: the client then stands still while this
 * thread stores what came. There is no public way from a call to its connection; where the one that 1.14 has is gone, all stays as it is.
 */
export function widenReceiveWindow(call: ServerReadableStream<Buffer, Buffer>): void {
  let inner = (call as unknown as { readonly call?: WrappedCall }).call;
  for (let i = 0; i < MAX_WRAPPED && inner?.nextCall !== undefined; i++) inner = inner.nextCall;
  const session = inner?.stream?.session;
  if (session === undefined || session.destroyed || widened.has(session)) return;
  if (typeof session.setLocalWindowSize !== 'function' || typeof session.settings !== 'function') return;
  widened.add(session);
  session.setLocalWindowSize(WINDOW_BYTES);
  session.settings({ initialWindowSize: WINDOW_BYTES });
}
