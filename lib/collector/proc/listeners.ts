/** Who listens where, and what that says about which end of a connection dialled. */
import type { Endpoint } from './tcp-table';

export type Direction = 'ingress' | 'egress';

/** Of one network namespace; one thread's. */
export class Listeners {
  private now = new Set<string>();
  private before = new Set<string>();

  /**
   * The listening ends of a new sample. Those of the one before count for one sample longer, so that what a closing server accepted last
   * is known for what it is.
   */
  replace(listening: readonly Endpoint[]): void {
    this.before = this.now;
    this.now = new Set(listening.map(nameOf));
  }

  /**
   * undefined: it cannot be told, as both ends listen or neither does. `seesRemote`: the other end is in the same table. The end of
   * another host counts as not listening.
   */
  directionOf(local: Endpoint, remote: Endpoint, seesRemote: boolean): Direction | undefined {
    const isHere = seesRemote || isLoopback(remote.ip) || remote.ip === local.ip;
    const localListens = this.has(local);
    if (localListens !== (isHere && this.has(remote))) return localListens ? 'ingress' : 'egress';
    return localListens || isHere ? undefined : 'egress';
  }

  private has({ ip, port }: Endpoint): boolean {
    // A listener on :: may take IPv4 too; whether it does is not told.
    const names = [nameOf({ ip, port }), nameOf({ ip: '::', port })];
    if (!ip.includes(':')) names.push(nameOf({ ip: '0.0.0.0', port }));
    return names.some((name) => this.now.has(name) || this.before.has(name));
  }
}

function nameOf({ ip, port }: Endpoint): string {
  return `${ip} ${port}`;
}

function isLoopback(ip: string): boolean {
  return ip === '::1' || ip.startsWith('127.');
}
