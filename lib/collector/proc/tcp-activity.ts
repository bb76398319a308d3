/** A cheap sign of whether any TCP socket has changed: reading the tables walks all of the kernel's hash. */
import type { FileReader } from './read-file';

const COUNTERS = ['ActiveOpens', 'PassiveOpens', 'CurrEstab'];

/**
 * A text that differs after nearly every opening and closing (two changes can cancel out); undefined where the
 * kernel does not tell. `directory`: as /proc/PID/net. Opened, accepted and established connections, and sockets in use and in TIME_WAIT.
 */
export function tcpActivity(directory: string, files: FileReader): string | undefined {
  const [names, values] = (files.read(`${directory}/snmp`) ?? '')
    .split('\n')
    .filter((line) => line.startsWith('Tcp: '))
    .map((line) => line.split(' '));
  const sockets = ['sockstat', 'sockstat6'].map(
    (name) => /^TCP6?: inuse \d+(?: orphan \d+ tw \d+)?/m.exec(files.read(`${directory}/${name}`) ?? '')?.[0],
  );
  if (!names || !values || sockets[0] === undefined) return undefined;
  return [...COUNTERS.map((name) => values[names.indexOf(name)]), ...sockets].join(' ');
}
