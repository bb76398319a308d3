/**
 * Events as a real agent makes them: names recur, ids do not. Each call gives the same sequence, and texts
 * that would come off a wire are not the compiler's constants.
 */
import type { UnifiedEvent } from '@tapio/performance';

const SYSCALLS = ['openat', 'read', 'write', 'close', 'connect', 'epoll_wait', 'futex', 'execve'];
const COMMANDS = ['nginx', 'postgres', 'node', 'redis-server', 'containerd', 'kubelet'];
const SERVICES = ['checkout', 'payments', 'catalog', 'shipping', 'gateway'];
const NAMESPACES = ['default', 'shop', 'kube-system'];

/** A small generator of repeatable randomness (mulberry32). */
function randomness(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** What events are made of, from one sequence. */
function pickers(seed: number): {
  random: () => number;
  pick: <T>(items: readonly T[]) => T;
  hex: (digits: number) => string;
} {
  const random = randomness(seed);
  const digit = (): string => Math.floor(random() * 16).toString(16);
  return {
    random,
    pick: (items) => items[Math.floor(random() * items.length)],
    hex: (digits) => flat(Array.from({ length: digits }, digit).join('')),
  };
}

/** What a system call probe reports: 100 bytes encoded. */
export function kernelEvents(count: number, seed = 1): UnifiedEvent[] {
  const { random, pick, hex } = pickers(seed);
  return Array.from({ length: count }, (_, i) => {
    const pid = Math.floor(random() * 60000);
    return {
      id: hex(32),
      timestamp: 1719400000123456789n + BigInt(i),
      type: 'kernel',
      source: 'ebpf',
      severity: 'info',
      kernel: {
        syscall: pick(SYSCALLS),
        pid,
        tid: pid + 1,
        uid: 1000,
        gid: 1000,
        comm: pick(COMMANDS),
        returnCode: random() < 0.1 ? -2 : Math.floor(random() * 4096),
        cpuCore: Math.floor(random() * 64),
      },
    };
  });
}

/** A kernel event whose pod and trace are known, with the first bytes of what was written: about 390 bytes encoded. */
export function midEvents(count: number, seed = 3): UnifiedEvent[] {
  const { random, pick, hex } = pickers(seed);
  return kernelEvents(count, seed + 1).map((event) => {
    const service = pick(SERVICES);
    const namespace = pick(NAMESPACES);
    // Assigned, as a property behind a spread would give each event a hidden class of its own in Node 20.
    return Object.assign(event, {
      tags: ['production', 'eu-west-1'],
      traceContext: { traceId: hex(32), spanId: hex(16), sampled: true },
      entity: {
        type: 'pod',
        name: `${service}-${namespace}`,
        namespace,
        labels: { app: service, tier: 'backend', version: 'v1.4.2' },
      },
      rawData: Uint8Array.from({ length: 64 }, () => random() * 256),
    });
  });
}

/** An event after enrichment, with most sections. */
export function fullEvents(count: number, seed = 2): UnifiedEvent[] {
  const { random, pick, hex } = pickers(seed);
  return Array.from({ length: count }, (_, i) => {
    const service = pick(SERVICES);
    const namespace = pick(NAMESPACES);
    return {
      id: hex(32),
      timestamp: 1719400000123456789n + BigInt(i),
      type: 'network',
      source: 'ebpf',
      severity: 'warning',
      tags: ['production', 'eu-west-1'],
      traceContext: { traceId: hex(32), spanId: hex(16), sampled: true },
      semantic: {
        intent: 'slow-request',
        category: 'performance',
        tags: ['latency'],
        narrative: flat(`${service} answered in ${Math.floor(random() * 900)} ms`),
        confidence: 0.87,
      },
      entity: {
        type: 'pod',
        name: `${service}-${namespace}`,
        namespace,
        labels: { app: service, tier: 'backend', version: 'v1.4.2' },
      },
      network: {
        protocol: 'tcp',
        sourceIP: `10.0.0.${i % 20}`,
        sourcePort: 30000 + Math.floor(random() * 30000),
        destIP: '10.0.3.7',
        destPort: 443,
        direction: 'ingress',
        bytesSent: Math.floor(random() * 100000),
        bytesRecv: Math.floor(random() * 100000),
        latencyNs: Math.floor(random() * 1e9),
        statusCode: 200,
        method: 'GET',
      },
      application: { level: 'warn', logger: `com.shop.${service}`, requestId: hex(16) },
      metrics: { metricName: 'http.latency', value: random() * 100, unit: 'ms' },
      impact: {
        severity: 'medium',
        infrastructureImpact: 0.25,
        affectedServices: [service],
        affectedComponents: 2,
        sloImpact: true,
        systemCritical: false,
        cascadeRisk: false,
      },
      correlation: { correlationId: hex(16), pattern: 'latency-spike', stage: 'detected' },
    };
  });
}

/** The same text in one piece: joined text is a tree until something reads it, which would be timed instead. */
function flat(text: string): string {
  return Buffer.from(text).toString();
}
