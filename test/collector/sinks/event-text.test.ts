/** Events as lines for people. */
import type { UnifiedEvent } from '@tapio/performance';
import { internal } from '../cli';

const { eventToText } =
  internal<typeof import('../../../dist/collector/sinks/event-text')>('sinks/event-text');

const text = (type: string, fields: Partial<UnifiedEvent> = {}): string =>
  eventToText({
    ...{ id: 'x', timestamp: 1_700_000_000_123_456_789n, type, source: 'proc', severity: 'info' },
    kernel: { pid: 7, comm: 'cat' },
    attributes: { ppid: 1 },
    ...fields,
  }).slice('00:00:00.123456  '.length);

const network = (direction?: 'ingress' | 'egress'): Partial<UnifiedEvent> => ({
  network: {
    protocol: 'tcp',
    sourceIP: '10.0.0.1',
    sourcePort: 5000,
    destIP: '::1',
    destPort: 443,
    direction,
  },
});

test.each<[string, Partial<UnifiedEvent>, string]>([
  ['process.start', {}, 'process.start     cat (7) has started'],
  [
    'process.exec',
    { attributes: { previousComm: 'sh' } },
    'process.exec      cat (7) executed a program, was sh',
  ],
  ['process.exec', {}, 'process.exec      cat (7) executed a program'],
  [
    'process.change',
    { attributes: { previousComm: 'sh', previousUid: 0 } },
    'process.change    cat (7) has changed, was sh of user 0',
  ],
  ['process.exit', { attributes: { lifetimeMs: 3200 } }, 'process.exit      cat (7) ended after 3.2 s'],
  ['process.exit', {}, 'process.exit      cat (7) ended'],
  [
    'process.cpu',
    { metrics: { metricName: 'x', value: 12.34 } },
    'process.cpu       cat (7) takes 12.3 % of a core',
  ],
  [
    'process.memory',
    { metrics: { metricName: 'x', value: 3 * 2 ** 20 } },
    'process.memory    cat (7) holds 3.0 MiB of memory',
  ],
  ['tcp.open', network('egress'), 'tcp.open          cat (7) is connected to [::1]:443'],
  ['tcp.open', network('ingress'), 'tcp.open          cat (7) accepted 10.0.0.1:5000'],
  ['tcp.open', { ...network(), kernel: {} }, 'tcp.open          a process is connected to [::1]:443'],
  ['tcp.close', network('ingress'), 'tcp.close         cat (7) has ended the connection of 10.0.0.1:5000'],
  // What comes from outside may call itself the same and hold anything.
  ['process.exit', { attributes: { lifetimeMs: '\u001b[2J' } }, 'process.exit      cat (7) ended'],
  ['tcp.open', {}, 'tcp.open          cat (7) is connected to a peer'],
  ['process.start', { kernel: { pid: 7, comm: '\u001b[2J' } }, 'process.start     \\x1b[2J (7) has started'],
  ['process.start', { message: 'its own' }, 'process.start     its own'],
  [
    'toString',
    { attributes: undefined },
    'toString          {"source":"proc","kernel":{"pid":7,"comm":"cat"}}',
  ],
])('%s of the proc source', (type, fields, line) => {
  expect(text(type, fields)).toBe(line);
});
