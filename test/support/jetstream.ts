/** A JetStream server with one stream and one consumer, and what tests do with them. */
import { AckPolicy, type JetStreamManager, jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { EventBuffer, type UnifiedEvent } from '@tapio/performance';
import { JetStreamSource } from '@tapio/performance/nats';
import { rejectionOf } from './errors';
import { NatsServer } from './nats-server';

export const STREAM = 'EVENTS';
export const SUBJECT = 'events.all';
export const CONSUMER = 'reader';
export const NS_PER_S = 1_000_000_000;

export interface Setting extends AsyncDisposable {
  server: NatsServer;
  connection: NatsConnection;
  manager: JetStreamManager;
}

export async function setting(stream: Partial<StreamConfig> = {}): Promise<Setting> {
  const server = new NatsServer();
  try {
    await server.start();
    const connection = await connect({
      servers: server.url,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
      timeout: 1000,
    });
    const manager = await jetstreamManager(connection);
    await addStream(manager, stream);
    return {
      server,
      connection,
      manager,
      async [Symbol.asyncDispose]() {
        await connection.close();
        await server[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** And its consumer. */
export async function addStream(
  manager: JetStreamManager,
  stream: Partial<StreamConfig> = {},
): Promise<void> {
  await manager.streams.add({ name: STREAM, subjects: ['events.>'], ...stream });
  await manager.consumers.add(STREAM, {
    durable_name: CONSUMER,
    ack_policy: AckPolicy.Explicit,
    ack_wait: 2 * NS_PER_S,
  });
}

export const filled = (events: readonly UnifiedEvent[], capacity = 2048): EventBuffer => {
  const buffer = new EventBuffer(capacity, { maxEventSize: 2 ** 24 });
  for (const event of events) buffer.put(event);
  buffer.close();
  return buffer;
};

/** Takes events until `enough`, and stops the source. */
export async function receive(
  connection: NatsConnection,
  enough: (seen: UnifiedEvent[]) => boolean,
): Promise<{ events: UnifiedEvent[]; source: JetStreamSource }> {
  const buffer = new EventBuffer(4096, { slotSize: 128, maxEventSize: 2 ** 20 });
  const source = new JetStreamSource(connection, buffer, { stream: STREAM, consumer: CONSUMER });
  const events: UnifiedEvent[] = [];
  const stop = new AbortController();
  const running = source.run({ signal: stop.signal });
  for await (const batch of buffer.batches()) {
    events.push(...batch);
    if (enough(events)) break;
  }
  stop.abort('enough');
  expect(await rejectionOf(running)).toBe('enough');
  expect(buffer.isEmpty).toBe(true);
  return { events, source };
}
