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
 * Lets the client of a call send 1 MiB ahead, on each of its calls and on their connection, unless it may already. A server of
 * @grpc/grpc-js 1.14.7 takes no notice of `grpc-node.flow_control_window`, and gives 64 KiB, half a message of full events: the client
 * then stands still while this thread stores what came. There is no public way from a call to its connection; where the one that
 * 1.14 has is gone, or a runtime cannot do it, all stays as it is.
 */
export function widenReceiveWindow(call: ServerReadableStream<Buffer, Buffer>): void {
  const session = sessionOf(call);
  if (session === undefined || widened.has(session)) return;
  widened.add(session);
  try {
    if ((session.state.effectiveLocalWindowSize ?? 0) < WINDOW_BYTES)
      session.setLocalWindowSize(WINDOW_BYTES);
    if ((session.localSettings.initialWindowSize ?? 0) < WINDOW_BYTES)
      session.settings({ initialWindowSize: WINDOW_BYTES });
  } catch {
    // It is slower without, and no less right.
  }
}

function sessionOf(call: ServerReadableStream<Buffer, Buffer>): ServerHttp2Session | undefined {
  let inner = (call as unknown as { readonly call?: WrappedCall }).call;
  for (let i = 0; i < MAX_WRAPPED && inner?.nextCall !== undefined; i++) inner = inner.nextCall;
  return inner?.stream?.session;
}
