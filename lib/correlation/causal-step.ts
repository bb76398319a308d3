/** Which steps of a chain of causes an event can be: a program starts, it opens a connection, something fails. */
import type { Severity, UnifiedEvent } from '../index';

/** From cause to effect. */
export const CAUSAL_STEPS = ['exec', 'connect', 'error'] as const;
export type CausalStep = (typeof CAUSAL_STEPS)[number];

const EXEC: ReadonlySet<string> = new Set([
  ...['exec', 'process.exec', 'process.start', 'execve', 'execveat'],
  // As Tetragon and Tracee call it.
  ...['process_exec', 'sched_process_exec'],
]);
const CONNECT: ReadonlySet<string> = new Set([
  ...['connect', 'network.connect', 'tcp.open'],
  // Tracee's.
  ...['security_socket_connect', 'net_tcp_connect'],
]);
const FAILURES = ['high', 'error', 'critical'] as const satisfies Severity[];
/** Of a connection that failed, as -errno of Linux: EPIPE, ENETUNREACH, ECONNRESET, ETIMEDOUT, ECONNREFUSED, EHOSTUNREACH. */
const CONNECTION_ERRORS: ReadonlySet<number> = new Set([-32, -101, -104, -110, -111, -113]);

/** Of a call that is still connecting: EINTR, EINPROGRESS. */
const CONNECTING: ReadonlySet<number> = new Set([-4, -115]);

/** An end by one of these was asked for. */
const ASKED_TO_END: ReadonlySet<string> = new Set(['SIGHUP', 'SIGINT', 'SIGTERM']);

const NONE: readonly CausalStep[] = [];
const STARTED: readonly CausalStep[] = ['exec'];
const CONNECTED: readonly CausalStep[] = ['connect'];
const FAILED: readonly CausalStep[] = ['error'];
/** A connection that fails is the effect, too. */
const CONNECTED_IN_VAIN: readonly CausalStep[] = ['connect', 'error'];

/** Of what getSeverity gives. */
export function isFailure(severity: string): severity is (typeof FAILURES)[number] {
  return (FAILURES as readonly string[]).includes(severity);
}

/** severity: what getSeverity gives. */
export function causalSteps(event: Readonly<UnifiedEvent>, severity: string): readonly CausalStep[] {
  const { type, kernel, network } = event;
  const syscall = kernel?.syscall ?? '';
  const returned = kernel?.returnCode ?? 0;
  if (EXEC.has(type) || (EXEC.has(syscall) && returned >= 0)) return STARTED;
  const failed =
    isFailure(severity) ||
    (network?.statusCode ?? 0) >= 500 ||
    CONNECTION_ERRORS.has(returned) ||
    (type === 'process.exit' && returned > 0 && !ASKED_TO_END.has(kernel?.args?.signal ?? ''));
  const connects = (CONNECT.has(type) && network?.direction !== 'ingress') || syscall === 'connect';
  if (connects && failed) return CONNECTED_IN_VAIN;
  // Any other failure is of no peer: most are of a local socket that is not there, as that of nscd, which each C library asks for.
  if (connects && (returned >= 0 || CONNECTING.has(returned))) return CONNECTED;
  return failed ? FAILED : NONE;
}
