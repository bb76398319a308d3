/** What an event of the proc source tells, as one line for a person. */
import type { UnifiedEvent } from '../../index';
import { addressText } from '../../event/address-text';
import { milliseconds, percent } from '../text/figures';

type Teller = (event: UnifiedEvent) => string;

const MIB = 1_048_576;

const TELLERS: Readonly<Record<string, Teller>> = {
  'process.start': () => 'has started',
  'process.exec': (event) => `executed a program${before(event)}`,
  'process.change': (event) => `has changed${before(event)}`,
  'process.exit': ({ attributes }) => {
    const lifetimeMs = attributes?.lifetimeMs;
    return typeof lifetimeMs === 'number' ? `ended after ${milliseconds(Math.round(lifetimeMs))}` : 'ended';
  },
  'process.cpu': ({ metrics }) => `takes ${percent(metrics?.value ?? 0)} of a core`,
  'process.memory': ({ metrics }) => `holds ${((metrics?.value ?? 0) / MIB).toFixed(1)} MiB of memory`,
  'tcp.open': (event) =>
    isIncoming(event) ? `accepted ${peerOf(event)}` : `is connected to ${peerOf(event)}`,
  'tcp.close': (event) => `has ended the connection ${isIncoming(event) ? 'of' : 'to'} ${peerOf(event)}`,
};

/** undefined for an event that is none of the proc source's. */
export function procMessage(event: UnifiedEvent): string | undefined {
  const { type, source, kernel } = event;
  if (source !== 'proc' || !Object.hasOwn(TELLERS, type)) return undefined;
  const { pid, comm = 'a process' } = kernel ?? {};
  return `${pid === undefined ? comm : `${comm} (${pid})`} ${TELLERS[type](event)}`;
}

function before({ attributes }: UnifiedEvent): string {
  const { previousComm, previousUid } = attributes ?? {};
  const was = [
    ...(typeof previousComm === 'string' ? [previousComm] : []),
    ...(typeof previousUid === 'number' ? [`user ${previousUid}`] : []),
  ];
  return was.length === 0 ? '' : `, was ${was.join(' of ')}`;
}

function isIncoming({ network }: UnifiedEvent): boolean {
  return network?.direction === 'ingress';
}

/** The other side, as far as it is told which one that is. */
function peerOf(event: UnifiedEvent): string {
  const { sourceIP, sourcePort, destIP, destPort } = event.network ?? {};
  const [ip, port] = isIncoming(event) ? [sourceIP, sourcePort] : [destIP, destPort];
  return ip === undefined ? 'a peer' : addressText(ip, port);
}
