/** Where a connection goes to or comes from: `192.0.2.7:80`, `[2001:db8::1]:80`, or the address alone without a port. */
export function addressText(ip: string, port: number | undefined): string {
  if (port === undefined) return ip;
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}
