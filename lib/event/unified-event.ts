/**
 * The UnifiedEvent type. It is the single source of truth: `scripts/generate-codec.mjs` reads this file
 * and writes the codec, the view and the field table from it.
 *
 * Every property of type `number` must say what it holds, and every text how it travels:
 *
 * - `@u32`          an integer from 0 to 2^32-1
 * - `@i32`          an integer from -2^31 to 2^31-1
 * - `@port`         an integer from 0 to 65535
 * - `@safeInteger`  an integer from -(2^53-1) to 2^53-1
 * - `@double`       any number, NaN and infinities included
 * - `@interned`     text that recurs: inside the process it is stored once and travels as an id; of a map
 *                   both its keys and its values
 * - `@internedKeys` of a map: its keys only
 *
 * Text without a tag travels as it is. A property that the generator does not understand fails the build.
 */

/** How serious an event is, mildest first. */
export type Severity = 'debug' | 'info' | 'low' | 'medium' | 'warning' | 'high' | 'error' | 'critical';

/**
 * One observation. A plain object literal of this shape is an event, and so is any other object that shows these fields. An
 * object that shows no field or entry at all, as a Map does, is an empty section or map only if it is plain.
 *
 * Only the properties below travel. `null` or `undefined` in an optional property means absent, and an absent
 * property is absent again after a round trip. Text is any Unicode; lone surrogates become U+FFFD. A value
 * of the wrong type or range is refused with `ERR_INVALID_EVENT`, whose message names the property.
 */
export interface UnifiedEvent {
  /** Unique identifier, by habit the 32 hex digits of `generateEventId()`. */
  id: string;
  /** When it happened: nanoseconds since the Unix epoch, 0 to 2^63-1. */
  timestamp: bigint;
  /** What kind of event this is, such as `'kernel'` or `'network'`. @interned */
  type: string;
  /** What reported it, such as `'ebpf'`. @interned */
  source: string;
  /** @interned */
  category?: string;
  severity?: Severity;
  /** How sure the source is, by habit 0 to 1. @double */
  confidence?: number;
  /** One line for a person. */
  message?: string;
  /** @interned */
  tags?: string[];

  /** The distributed trace this event belongs to (W3C Trace Context). */
  traceContext?: {
    /** 32 hex digits. */
    traceId: string;
    /** 16 hex digits. */
    spanId: string;
    parentSpanId?: string;
    traceState?: string;
    /** @internedKeys */
    baggage?: Record<string, string>;
    sampled: boolean;
  };

  /** What the event means. */
  semantic?: {
    /** @interned */
    intent: string;
    /** @interned */
    category: string;
    /** @interned */
    tags: string[];
    narrative: string;
    /** By habit 0 to 1. @double */
    confidence: number;
    /** @interned */
    domain?: string;
    /** @interned */
    concepts?: string[];
    description?: string;
  };

  /** The thing the event is about: a pod, a service, a host. */
  entity?: {
    /** @interned */
    type: string;
    /** @interned */
    name: string;
    /** @interned */
    namespace?: string;
    uid?: string;
    /** @interned */
    labels?: Record<string, string>;
    /** @internedKeys */
    attributes?: Record<string, string>;
  };

  /** What the kernel saw. */
  kernel?: {
    /** @interned */
    syscall?: string;
    /** @u32 */
    pid?: number;
    /** @u32 */
    tid?: number;
    /** @u32 */
    uid?: number;
    /** @u32 */
    gid?: number;
    /** Command name of the process. @interned */
    comm?: string;
    /** Result of the system call; negative is -errno. @i32 */
    returnCode?: number;
    /** @internedKeys */
    args?: Record<string, string>;
    stackTrace?: string[];
    /** The operating system's number of the CPU. @u32 */
    cpuCore?: number;
  };

  network?: {
    /** @interned */
    protocol?: string;
    /** @interned */
    sourceIP?: string;
    /** @port */
    sourcePort?: number;
    /** @interned */
    destIP?: string;
    /** @port */
    destPort?: number;
    direction?: 'ingress' | 'egress';
    /** Bytes. @safeInteger */
    bytesSent?: number;
    /** Bytes. @safeInteger */
    bytesRecv?: number;
    /** Nanoseconds. @safeInteger */
    latencyNs?: number;
    /** @safeInteger */
    statusCode?: number;
    /** @interned */
    method?: string;
    path?: string;
    /** @internedKeys */
    headers?: Record<string, string>;
    /** @interned */
    interfaceName?: string;
    containerId?: string;
  };

  application?: {
    /** @interned */
    level?: string;
    message?: string;
    /** @interned */
    logger?: string;
    /** @interned */
    errorType?: string;
    stackTrace?: string;
    userId?: string;
    sessionId?: string;
    requestId?: string;
    /** Any JSON values, nested at most 1000 deep. */
    custom?: Record<string, unknown>;
  };

  kubernetes?: {
    /** `'Normal'` or `'Warning'`. @interned */
    eventType?: string;
    /** @interned */
    reason?: string;
    /** @interned */
    object?: string;
    /** @interned */
    objectKind?: string;
    message?: string;
    /** @interned */
    action?: string;
    /** @interned */
    apiVersion?: string;
    resourceVersion?: string;
    /** @interned */
    labels?: Record<string, string>;
    /** @internedKeys */
    annotations?: Record<string, string>;
    /** @interned */
    clusterName?: string;
  };

  metrics?: {
    /** @interned */
    metricName?: string;
    /** @double */
    value: number;
    /** @interned */
    unit?: string;
    /** @interned */
    labels?: Record<string, string>;
    /** @interned */
    aggregation?: string;
    /** Milliseconds. @safeInteger */
    periodMs?: number;
  };

  impact?: {
    /** Any text; not limited to `Severity`. @interned */
    severity: string;
    /** By habit 0 to 1. @double */
    infrastructureImpact: number;
    /** @interned */
    affectedServices: string[];
    /** @safeInteger */
    affectedComponents?: number;
    sloImpact: boolean;
    systemCritical: boolean;
    cascadeRisk: boolean;
  };

  correlation?: {
    correlationId?: string;
    groupId?: string;
    parentEventId?: string;
    causalChain?: string[];
    relatedEvents?: string[];
    /** @interned */
    pattern?: string;
    /** @interned */
    stage?: string;
  };

  /** Any JSON values, nested at most 1000 deep. */
  attributes?: Record<string, unknown>;
  /**
   * Bytes as they came; a round trip gives a plain Uint8Array. Up to 64 bytes or more than 512 have an ArrayBuffer of their own; others
   * share one of 4096 bytes, which each keeps alive and which cannot be transferred: mind `byteOffset`, and `slice()` what is kept for long.
   */
  rawData?: Uint8Array;
}
