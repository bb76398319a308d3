/** The tables /proc/net/tcp and /proc/net/tcp6: one line for each TCP socket of this network namespace. */
import os from 'node:os';

/** The states of the kernel's net/tcp_states.h this package tells apart. */
export const TcpState = { SynSent: 2, SynReceived: 3, TimeWait: 6, Close: 7, Listen: 10 } as const;

/** Linux's numbers. */
const AF_INET = 2;
const AF_INET6 = 10;

export interface TcpLine {
  /** Both addresses and ports as the table writes them: names the connection. */
  readonly key: string;
  readonly state: number;
  /** '0' where the socket has none (time-wait). */
  readonly inode: string;
  readonly uid: number;
}

/** Lines look like `  0: 0100007F:0277 00000000:0000 0A tx:rx tr:tm retrnsmt uid timeout inode ...`. */
export function parseTcpTable(text: string): TcpLine[] {
  const lines: TcpLine[] = [];
  let start = text.indexOf('\n') + 1; // past the heading
  while (start > 0 && start < text.length) {
    let end = text.indexOf('\n', start);
    if (end < 0) end = text.length;
    const fields = text.slice(start, end).trim().split(/ +/, 10);
    if (fields.length === 10 && fields[1].includes(':')) {
      lines.push({
        key: `${fields[1]} ${fields[2]}`,
        state: parseInt(fields[3], 16),
        inode: fields[9],
        uid: Number(fields[7]),
      });
    }
    start = end + 1;
  }
  return lines;
}

export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

/** The local and the remote end in a TcpLine's key. */
export function parseKey(key: string): { local: Endpoint; remote: Endpoint } {
  const [local, remote] = key.split(' ');
  return { local: parseEndpoint(local), remote: parseEndpoint(remote) };
}

/** The key of the same connection as its other end has it. */
export function reverseKey(key: string): string {
  const space = key.indexOf(' ');
  return `${key.slice(space + 1)} ${key.slice(0, space)}`;
}

/** A TcpLine's key as struct TcpEnd of native/kernel/socket_diag.h: addresses and ports in network order, then the family. */
export function endBytes(key: string, endianness = os.endianness()): Buffer {
  const [local, remote] = key.split(' ').map((end) => {
    const [address, port] = end.split(':');
    const bytes = Buffer.from(address, 'hex');
    return { bytes: endianness === 'LE' ? bytes.swap32() : bytes, port: parseInt(port, 16) };
  });
  const target = Buffer.alloc(40);
  target.writeUInt16BE(local.port, 0);
  target.writeUInt16BE(remote.port, 2);
  target.set(local.bytes, 4);
  target.set(remote.bytes, 20);
  const family = local.bytes.length === 4 ? AF_INET : AF_INET6;
  if (endianness === 'LE') target.writeUInt32LE(family, 36);
  else target.writeUInt32BE(family, 36);
  return target;
}

/** `0100007F:1F90` or the 32 digits of IPv6; an address is printed as 32-bit words in the host's byte order. */
export function parseEndpoint(text: string, endianness = os.endianness()): Endpoint {
  const colon = text.indexOf(':');
  const bytes = Buffer.from(text.slice(0, colon), 'hex');
  if (endianness === 'LE') bytes.swap32();
  return {
    ip: bytes.length === 4 ? bytes.join('.') : formatIPv6(bytes),
    port: parseInt(text.slice(colon + 1), 16),
  };
}

/** RFC 5952; an IPv4-mapped address (::ffff:a.b.c.d) is shown as the IPv4 address it carries. */
function formatIPv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2));
  if (groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    return bytes.subarray(12).join('.');
  }
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  if (best.length < 2) return hex(groups);
  return `${hex(groups.slice(0, best.start))}::${hex(groups.slice(best.start + best.length))}`;
}
