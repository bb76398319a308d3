/** The socket address of an audit record: the bytes of a C sockaddr in hexadecimal. */
import type { UnifiedEvent } from '../../event/unified-event';

export interface SocketAddress {
  readonly ip?: string;
  readonly port?: number;
  /** Of a unix socket; `@` stands for the zero byte of an abstract one. */
  readonly path?: string;
}

const UNIX = 1;
const IPV4 = 2;
const IPV6 = 10;
const HEX = /^(?:[0-9A-Fa-f]{2}){2,256}$/;

/** The family is in the byte order of the host, little-endian on all that run here; the port in that of the network. */
export function socketAddressOf(hex: string): SocketAddress | undefined {
  if (!HEX.test(hex)) return undefined;
  const bytes = Buffer.from(hex, 'hex');
  const family = bytes.readUInt16LE(0);
  if (family === IPV4 && bytes.length >= 8)
    return { ip: bytes.subarray(4, 8).join('.'), port: bytes.readUInt16BE(2) };
  if (family === IPV6 && bytes.length >= 24)
    return { ip: ipv6Of(bytes.subarray(8, 24)), port: bytes.readUInt16BE(2) };
  if (family !== UNIX) return undefined;
  const path = bytes.subarray(2);
  const abstract = path[0] === 0 && path.length > 1;
  const end = path.indexOf(0, abstract ? 1 : 0);
  const text = path.subarray(abstract ? 1 : 0, end < 0 ? undefined : end).toString('utf8');
  return text === '' ? undefined : { path: abstract ? `@${text}` : text };
}

/** As RFC 5952 writes it: the longest run of zero groups is left out. */
function ipv6Of(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i));
  const text = groups.map((group) => group.toString(16)).join(':');
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${bytes.subarray(12).join('.')}`;
  }
  const runs = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].map(([run]) => run);
  const longest = runs.reduce(
    (best, run) => (run.replace(/^:/, '').length > best.replace(/^:/, '').length ? run : best),
    '',
  );
  return longest === '' ? text : text.replace(longest, '::').replace(/:{3,}/, '::');
}

/** Calls in which the address is that of the other side, which sends; in all others it is where to. */
const INCOMING = new Set(['accept', 'accept4', 'recvfrom', 'recvmsg', 'recvmmsg']);
const OWN = new Set(['bind', 'getsockname', 'listen']);

export function networkOf({ ip, port }: SocketAddress, syscall: string | undefined): UnifiedEvent['network'] {
  if (ip === undefined) return undefined;
  if (syscall !== undefined && INCOMING.has(syscall))
    return { sourceIP: ip, sourcePort: port, direction: 'ingress' };
  if (syscall !== undefined && OWN.has(syscall)) return { sourceIP: ip, sourcePort: port };
  return { destIP: ip, destPort: port, direction: 'egress' };
}
