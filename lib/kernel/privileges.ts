/** Capabilities of this thread, as far as eBPF asks for them, and how to get those that it lacks. */
import fs from 'node:fs';

/** Bits of the kernel's capability sets. */
const BITS = { CAP_SYS_ADMIN: 21, CAP_PERFMON: 38, CAP_BPF: 39 } as const;

/** Loading programs and making maps; reading the kernel's memory and attaching to its tracepoints. */
const NEEDED = ['CAP_BPF', 'CAP_PERFMON'] as const;
export type Capability = (typeof NEEDED)[number];

/** What a thread lacks. */
export interface Lack {
  readonly missing: Capability[];
  /** The command that gives both capabilities: to the binary of Node, or to the container of this process as it is started. */
  readonly grant: string;
  /** What that costs, or how it is done elsewhere. */
  readonly note: string;
  /** Whether the binary may have them. */
  readonly isByFile: boolean;
}

/** Both at once: a second setcap takes away what the first has given. */
const SETCAP = `sudo setcap ${NEEDED.join(',').toLowerCase()}+ep`;
const BY_FILE =
  'with that, every script of this node has both, Node ignores NODE_OPTIONS and may not read all of its /proc/self ' +
  '(environ, for one), and capabilities that the file had before are gone';
const DOCKER = 'docker run --user 0 --cap-add BPF --cap-add PERFMON';
const AT_START =
  'or, in Kubernetes, securityContext: { runAsUser: 0, capabilities: { add: [BPF, PERFMON] } }; of a service of systemd, ' +
  `AmbientCapabilities=${NEEDED.join(' ')}; given to the file of node, they would do nothing here, or keep it from starting`;

/** Of this thread. undefined: it cannot be told here. */
export function lackOfCapabilities(): Lack | undefined {
  try {
    return lackIn(fs.readFileSync('/proc/thread-self/status', 'latin1'));
  } catch {
    return undefined;
  }
}

/** By the text of /proc/PID/status. CAP_SYS_ADMIN stands for both, as it did before they were split off. */
function lackIn(status: string): Lack | undefined {
  const effective = setIn(status, 'CapEff');
  if (effective === undefined) return undefined;
  const missing = has(effective, 'CAP_SYS_ADMIN') ? [] : NEEDED.filter((name) => !has(effective, name));
  // The kernel does not start a file that has more than the bounding set, and under no_new_privs gives nothing by files.
  const bounding = setIn(status, 'CapBnd') ?? effective;
  if (/^NoNewPrivs:\s*1$/m.test(status) || !NEEDED.every((name) => has(bounding, name)))
    return { missing, grant: DOCKER, note: AT_START, isByFile: false };
  return { missing, grant: `${SETCAP} ${quoted(process.execPath)}`, note: BY_FILE, isByFile: true };
}

function setIn(status: string, name: string): bigint | undefined {
  const digits = new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1];
  return digits === undefined ? undefined : BigInt(`0x${digits}`);
}

function has(set: bigint, name: keyof typeof BITS): boolean {
  return ((set >> BigInt(BITS[name])) & 1n) === 1n;
}

/** For a shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
