/** Where a server of ours listens, or is asked: `9464`, `:9464`, `127.0.0.1:9464`, `[::1]:9464`, `name:9464`. */
import net from 'node:net';
import { UsageError } from './command';

export interface ListenAddress {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

const LOOPBACK = '127.0.0.1';

/**
 * A port alone means loopback.
 * @param what said of it in the error, for example `--metrics`
 * @throws UsageError
 */
export function parseAddress(what: string, text: string): ListenAddress {
  const match = /^(?:(?:\[([^\]]+)\]|([^:[\]\s]*)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const [host, isValid] =
    match?.[1] !== undefined
      ? [match[1], net.isIPv6(match[1])]
      : [match?.[2] || LOOPBACK, isHostName(match?.[2] || LOOPBACK)];
  if (match && port <= 65_535 && isValid) return { host, port };
  throw new UsageError(
    `${what} ${JSON.stringify(text)}: must be a port, HOST:PORT or [IPV6]:PORT, with a port up to 65535`,
  );
}

/** As it is written in a URL. */
export function formatAddress({ host, port }: ListenAddress): string {
  return net.isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only programs of this machine reach it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (net.isIPv4(host) && host.startsWith('127.'));
}

function isHostName(text: string): boolean {
  // Digits and dots alone are an address, or a mistake.
  return net.isIPv4(text) || (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(text) && !/^[\d.]+$/.test(text));
}
