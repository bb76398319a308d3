/** The made-up cluster synthetic events come from: nodes, pods and processes that stay the same over a run. */
import type { Random } from './random';

export interface Pod {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly ip: string;
  readonly node: string;
  readonly service: string;
  readonly containerId: string;
  readonly labels: Record<string, string>;
  readonly processes: readonly Process[];
}

export interface Process {
  readonly pid: number;
  readonly uid: number;
  readonly comm: string;
}

const SERVICES = [
  ['checkout', 'shop', 'java'],
  ['cart', 'shop', 'node'],
  ['catalog', 'shop', 'node'],
  ['payments', 'shop', 'java'],
  ['orders', 'shop', 'orders-api'],
  ['users', 'identity', 'users-api'],
  ['auth', 'identity', 'auth-server'],
  ['search', 'platform', 'java'],
  ['ingress-nginx', 'ingress', 'nginx'],
  ['postgres', 'data', 'postgres'],
  ['redis', 'data', 'redis-server'],
  ['kafka', 'data', 'java'],
  ['prometheus', 'monitoring', 'prometheus'],
  ['coredns', 'kube-system', 'coredns'],
  ['kube-proxy', 'kube-system', 'kube-proxy'],
] as const;

const NODES = 6;
const PODS = 90;

export function makePods(random: Random): Pod[] {
  return Array.from({ length: PODS }, (_, index) => {
    const [service, namespace, comm] = SERVICES[index % SERVICES.length];
    const template = random.hex(9);
    const basePid = 1000 + random.below(60_000);
    return {
      name: `${service}-${template}-${random.hex(5)}`,
      namespace,
      uid: `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-a${random.hex(3)}-${random.hex(12)}`,
      ip: `10.42.${index % NODES}.${10 + Math.floor(index / NODES)}`,
      node: `node-${index % NODES}`,
      service,
      containerId: random.hex(64),
      labels: {
        app: service,
        'pod-template-hash': template,
        tier: namespace === 'data' ? 'backend' : 'frontend',
        version: `v1.${random.below(20)}.${random.below(10)}`,
      },
      processes: Array.from({ length: 1 + random.below(3) }, (_, child) => ({
        pid: basePid + child * 7,
        uid: namespace === 'kube-system' ? 0 : 1000 + (index % SERVICES.length),
        comm,
      })),
    };
  });
}
