/**
 * Realistic events at low cost: each kind keeps a set of event objects, and an event is the next object of
 * its set with the fields changed that differ from event to event.
 */
import { generateEventId, type Severity, type UnifiedEvent } from '../../index';
import { makePods, type Pod } from './cluster';
import type { Random } from './random';

/** Objects of each kind. An object comes again after this many of its kind, so a batch must be no larger. */
const SET_SIZE = 64;
const NODES = 6;

type Vary = (event: UnifiedEvent, random: Random) => void;

interface EventKind {
  /** Of 100 events. */
  readonly share: number;
  readonly make: (pod: Pod, random: Random) => UnifiedEvent;
  readonly vary: Vary;
}

interface EventSet {
  readonly events: UnifiedEvent[];
  readonly vary: Vary;
  next: number;
}

/** One thread's. */
export class EventMix {
  /** Which set each of 100 successive draws takes from. */
  private readonly wheel: EventSet[];

  constructor(private readonly random: Random) {
    const pods = makePods(random);
    this.wheel = KINDS.flatMap(({ share, make, vary }) => {
      const events = Array.from({ length: SET_SIZE }, () => make(random.pick(pods), random));
      return Array<EventSet>(share).fill({ events, vary, next: 0 });
    });
  }

  /** The next event. It is this mix's own and changes again SET_SIZE events later at the earliest. */
  next(timestamp: bigint): UnifiedEvent {
    const set = this.random.pick(this.wheel);
    const event = set.events[set.next];
    set.next = (set.next + 1) % SET_SIZE;
    event.id = generateEventId();
    event.timestamp = timestamp;
    set.vary(event, this.random);
    return event;
  }
}

const SYSCALLS = [
  'read',
  'write',
  'openat',
  'close',
  'epoll_wait',
  'futex',
  'recvfrom',
  'sendto',
  'mmap',
  'accept4',
];
const FILES = [
  '/etc/resolv.conf',
  '/proc/self/stat',
  '/var/log/app.log',
  '/tmp/cache.db',
  '/etc/ssl/cert.pem',
];
const ROUTES = ['/api/v1/orders', '/api/v1/cart', '/api/v1/users', '/api/v2/search', '/healthz'];
const METHODS = ['GET', 'GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE'];
const STATUSES = [200, 200, 200, 200, 200, 200, 201, 204, 304, 400, 404, 500, 503];
const PORTS = [80, 443, 5432, 6379, 8080, 9092];
const LEVELS: [string, Severity][] = [
  ['info', 'info'],
  ['info', 'info'],
  ['info', 'info'],
  ['debug', 'debug'],
  ['warn', 'warning'],
  ['error', 'error'],
];
const REASONS: [string, string, string, Severity][] = [
  ['Normal', 'Scheduled', 'Successfully assigned', 'info'],
  ['Normal', 'Pulled', 'Container image already present on machine for', 'info'],
  ['Normal', 'Started', 'Started container of', 'info'],
  ['Normal', 'Killing', 'Stopping container of', 'info'],
  ['Warning', 'BackOff', 'Back-off restarting failed container of', 'warning'],
  ['Warning', 'Unhealthy', 'Readiness probe failed for', 'warning'],
  ['Warning', 'OOMKilled', 'Memory limit exceeded by', 'high'],
];

const KINDS: EventKind[] = [
  { share: 60, make: makeSyscall, vary: varySyscall },
  { share: 25, make: makeRequest, vary: varyRequest },
  { share: 10, make: makeLog, vary: varyLog },
  { share: 5, make: makeKubernetes, vary: varyKubernetes },
];

/**
 * Every field in one order, those an event does not have as undefined, which means absent. Objects that all
 * have the same shape are encoded a third faster than objects of four shapes.
 */
function makeEvent(type: string, category: string, parts: Partial<UnifiedEvent>): UnifiedEvent {
  return {
    id: '',
    timestamp: 0n,
    type,
    source: 'synthetic',
    category,
    severity: 'info',
    message: parts.message,
    traceContext: parts.traceContext,
    entity: parts.entity,
    kernel: parts.kernel,
    network: parts.network,
    application: parts.application,
    kubernetes: parts.kubernetes,
    confidence: undefined,
    tags: undefined,
    semantic: undefined,
    metrics: undefined,
    impact: undefined,
    correlation: undefined,
    attributes: undefined,
    rawData: undefined,
  };
}

function podEntity(pod: Pod): UnifiedEvent['entity'] {
  return { type: 'pod', name: pod.name, namespace: pod.namespace, uid: pod.uid, labels: pod.labels };
}

function makeSyscall(pod: Pod, random: Random): UnifiedEvent {
  const { pid, uid, comm } = random.pick(pod.processes);
  const syscall = random.pick(SYSCALLS);
  const kernel: NonNullable<UnifiedEvent['kernel']> = {
    syscall,
    pid,
    tid: pid,
    uid,
    gid: uid,
    comm,
    returnCode: 0,
    cpuCore: 0,
  };
  if (syscall === 'openat') kernel.args = { filename: random.pick(FILES), flags: 'O_RDONLY|O_CLOEXEC' };
  return makeEvent('kernel.syscall', 'kernel', { kernel });
}

function varySyscall({ kernel }: UnifiedEvent, random: Random): void {
  if (!kernel?.pid) return;
  kernel.tid = kernel.pid + random.below(8);
  kernel.cpuCore = random.below(8);
  kernel.returnCode = random.below(50) === 0 ? -11 : random.below(4096);
}

function makeRequest(pod: Pod, random: Random): UnifiedEvent {
  return makeEvent('network.request', 'network', {
    traceContext: { traceId: '', spanId: '', sampled: true },
    entity: podEntity(pod),
    network: {
      protocol: 'http',
      sourceIP: `10.42.${random.below(NODES)}.${10 + random.below(15)}`,
      sourcePort: 0,
      destIP: pod.ip,
      destPort: random.pick(PORTS),
      direction: 'ingress',
      bytesSent: 0,
      bytesRecv: 0,
      latencyNs: 0,
      statusCode: 200,
      method: 'GET',
      path: '',
      interfaceName: 'eth0',
      containerId: pod.containerId,
    },
  });
}

function varyRequest(event: UnifiedEvent, random: Random): void {
  const { network, traceContext } = event;
  if (!network || !traceContext) return;
  traceContext.traceId = generateEventId();
  traceContext.spanId = generateEventId().slice(16);
  network.sourcePort = 32_768 + random.below(28_232);
  network.bytesSent = random.longTailed(1800);
  network.bytesRecv = random.longTailed(600);
  network.latencyNs = random.longTailed(4_000_000);
  network.statusCode = random.pick(STATUSES);
  network.method = random.pick(METHODS);
  network.path = `${random.pick(ROUTES)}/${random.below(100_000)}`;
  event.severity = network.statusCode >= 500 ? 'error' : 'info';
}

function makeLog(pod: Pod): UnifiedEvent {
  return makeEvent('application.log', 'application', {
    message: '',
    traceContext: { traceId: '', spanId: '', sampled: false },
    entity: podEntity(pod),
    application: { level: 'info', message: '', logger: `com.example.${pod.service}.Handler`, requestId: '' },
  });
}

function varyLog(event: UnifiedEvent, random: Random): void {
  const { application, traceContext } = event;
  if (!application || !traceContext) return;
  const [level, severity] = random.pick(LEVELS);
  const message = `request to ${random.pick(ROUTES)} took ${random.longTailed(12)} ms for order ${random.below(1_000_000)}`;
  traceContext.traceId = generateEventId();
  traceContext.spanId = generateEventId().slice(16);
  event.severity = severity;
  event.message = message;
  application.level = level;
  application.message = message;
  application.requestId = generateEventId().slice(16);
}

function makeKubernetes(pod: Pod): UnifiedEvent {
  return makeEvent('kubernetes.event', 'orchestration', {
    message: '',
    entity: podEntity(pod),
    kubernetes: {
      eventType: 'Normal',
      reason: '',
      object: `${pod.namespace}/${pod.name}`,
      objectKind: 'Pod',
      message: '',
      apiVersion: 'v1',
      resourceVersion: '',
      labels: pod.labels,
      clusterName: 'prod-eu-1',
    },
  });
}

function varyKubernetes(event: UnifiedEvent, random: Random): void {
  const { kubernetes } = event;
  if (!kubernetes) return;
  const [eventType, reason, phrase, severity] = random.pick(REASONS);
  event.severity = severity;
  event.message = `${phrase} ${kubernetes.object}`;
  kubernetes.eventType = eventType;
  kubernetes.reason = reason;
  kubernetes.message = event.message;
  kubernetes.resourceVersion = String(100_000_000 + random.below(10_000_000));
}
