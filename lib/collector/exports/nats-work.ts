import { JetStreamSink } from '../../integrations/nats';
import { jetStreamLibrary, transportLibrary } from '../../integrations/nats/peers';
import type { OpenExportWork } from './export-work';
import type { NatsSettings } from './nats';

/** For a server that is asked something; what is under way at the end of a run takes no longer. */
const TIMEOUT_MS = 2000;

export const openNats: OpenExportWork<NatsSettings> = async (
  { servers, tls, user, pass, subject },
  buffer,
) => {
  const { connect } = transportLibrary();
  const { jetstreamManager } = jetStreamLibrary();
  const connection = await connect({
    servers: [...servers],
    ...(tls && { tls: {} }),
    ...(user !== undefined && { user, pass }),
    name: 'tapio collect',
    maxReconnectAttempts: -1,
    timeout: TIMEOUT_MS,
  }).catch((error: Error) => {
    // The library does not name them.
    throw new Error(`${servers.join(', ')}: ${error.message}`, { cause: error });
  });
  try {
    const manager = await jetstreamManager(connection);
    const stream = await manager.streams.find(subject).catch((error: Error) => {
      throw new Error(`no stream has the subject ${subject} (${error.message}); make one first`, {
        cause: error,
      });
    });
    const sink = new JetStreamSink(connection, buffer, { stream, subject });
    return {
      counts: () => {
        const { acknowledged, oversized, retried } = sink.getStats();
        const note = connection.isClosed() ? 'the connection is closed' : undefined;
        return { delivered: acknowledged, refused: oversized, retried, note };
      },
      run: (signal) => sink.run({ signal }),
      close: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
};
