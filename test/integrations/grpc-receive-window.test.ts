/** How far ahead a client may publish. A server of @grpc/grpc-js alone gives 64 KiB, whatever it is told. */
import { once } from 'node:events';
import { connect, constants } from 'node:http2';
import { ServerCredentials, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { EventBuffer } from '@tapio/performance';
import { startService } from '../support/grpc-server';

const MIB = 1024 * 1024;
const asIs: ServerInterceptor = (_method, call) => new ServerInterceptingCall(call);

test.each([
  ['alone', []],
  ['behind interceptors', [asIs, asIs]],
])('1 MiB, on the connection and on each call: %s', async (_name, interceptors) => {
  const buffer = new EventBuffer(64);
  const running = await startService({ publishTo: buffer }, ServerCredentials.createInsecure(), {
    interceptors,
  });
  const session = connect(`http://${running.address}`);
  try {
    await once(session, 'remoteSettings');
    expect(session.remoteSettings.initialWindowSize).toBe(65535);
    const told = once(session, 'remoteSettings');
    session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: '/tapio.v1.EventService/PublishEvents',
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
      [constants.HTTP2_HEADER_TE]: 'trailers',
    });
    await told;
    expect(session.remoteSettings.initialWindowSize).toBe(MIB);
    // Of the window of the connection nothing tells; what the server sent before its answer to this has come.
    await new Promise((resolve) => session.ping(resolve));
    expect(session.state.remoteWindowSize).toBe(MIB);
  } finally {
    session.destroy();
    await running.stop();
    buffer.close();
  }
});
