/** The keys that audit records have, found in a line without being cut out of it. */
import { quoted } from '../../event/json-text';

/** What a value is where it stands without quotes. */
export const enum Kind {
  WORD,
  /** Text, or the hexadecimal of its bytes; elsewhere `beef` is a word or a number. */
  TEXT,
  NUMBER,
}

/** What a key means to an event. Those up to LAST_MAPPED have a field of their own in it. */
export const enum Role {
  SYSCALL,
  ARCH,
  EXIT,
  A0,
  A1,
  A2,
  A3,
  PID,
  UID,
  GID,
  COMM,
  KEY,
  LAST_MAPPED = KEY,
  SUCCESS,
  RESULT,
  ADDRESS,
  TITLE,
  SOCKET,
  NONE,
}

export interface AuditKey {
  readonly name: string;
  readonly kind: Kind;
  readonly role: Role;
  /** As it stands in JSON, with the colon; and its bytes, if it is known. */
  readonly json: string;
  readonly bytes: Uint8Array | undefined;
  /** Whether it is one of the keys below, of which each has one object. */
  readonly known: boolean;
  /** The number of the attributes that last had it, and of the object in attributes; of those that are known. */
  inAttributes: number;
  inPart: number;
}

const ROLES: ReadonlyMap<string, Role> = new Map([
  ['syscall', Role.SYSCALL],
  ['arch', Role.ARCH],
  ['exit', Role.EXIT],
  ['a0', Role.A0],
  ['a1', Role.A1],
  ['a2', Role.A2],
  ['a3', Role.A3],
  ['pid', Role.PID],
  ['uid', Role.UID],
  ['gid', Role.GID],
  ['comm', Role.COMM],
  ['key', Role.KEY],
  ['success', Role.SUCCESS],
  ['res', Role.RESULT],
  ['addr', Role.ADDRESS],
  ['proctitle', Role.TITLE],
  ['saddr', Role.SOCKET],
]);

/** Fields whose value is quoted text or hexadecimal. */
const TEXT_KEYS =
  'comm exe cwd name proctitle cmd acct key path dir file watch data device vm grp new_group ocomm root_dir sw ' +
  'old-disk new-disk old-fs new-fs old-chardev new-chardev old-net new-net old-rng new-rng banners invalid_context unit';
const NUMBER_KEYS =
  'ppid opid auid euid suid fsuid egid sgid fsgid ouid ogid oauid oses ses items argc item sig old-auid old-ses';
/** Others that are common; and those under which an event has what several records say. */
const WORD_KEYS =
  'text tty subj success res result op addr hostname terminal saddr laddr lport fp spid rport direction kind inode dev mode ' +
  'rdev nametype cap_fp cap_fi cap_fe cap_fver cap_frootid obj scontext tcontext tclass permissive seresult seuser ' +
  'id iuid ver format kernel state list action capability prog-id per sockfam flags fd fd0 fd1 ip code compat ' +
  'syscall arch exit a0 a1 a2 a3 pid uid gid old_prom prom family entries table sauid old new resp fe fi fver opens reason ' +
  'requested_mask denied_mask apparmor operation profile ' +
  'names argv paths avc ipc mmap seccomp fd_pair obj_pid bprm_fcaps capset mq_open mq_sendrecv mq_notify mq_getsetattr ' +
  'netfilter_cfg netfilter_pkt kern_module fanotify config_change time_adjntpval time_injoffset bpf uringop openat2 sockcall ' +
  'selinux_err user_avc integrity_data integrity_metadata integrity_status integrity_hash integrity_pcr integrity_rule';
/** In the part for people. */
const LOOKED_UP_KEYS =
  'ARCH SYSCALL SADDR AUID UID GID EUID SUID FSUID EGID SGID FSGID OUID OGID OAUID IUID ID';

function auditKey(name: string, kind: Kind, known: boolean): AuditKey {
  const json = `${quoted(name)}:`;
  return {
    name,
    kind,
    role: ROLES.get(name) ?? Role.NONE,
    json,
    bytes: known ? new Uint8Array(Buffer.from(json)) : undefined,
    known,
    inAttributes: 0,
    inPart: 0,
  };
}

const KEYS = new Map<string, AuditKey>();
for (const [names, kind] of [
  [TEXT_KEYS, Kind.TEXT],
  [NUMBER_KEYS, Kind.NUMBER],
  [WORD_KEYS, Kind.WORD],
  [LOOKED_UP_KEYS, Kind.WORD],
] as const)
  for (const name of names.split(' ')) if (!KEYS.has(name)) KEYS.set(name, auditKey(name, kind, true));

export function keyOf(name: string): AuditKey {
  return KEYS.get(name) ?? auditKey(name, Kind.WORD, false);
}

const LOWER = new Map<AuditKey, AuditKey>();
for (const name of LOOKED_UP_KEYS.split(' ')) LOWER.set(keyOf(name), keyOf(name.toLowerCase()));

/** The key in small letters. */
export function lowerKeyOf(key: AuditKey): AuditKey {
  return LOWER.get(key) ?? keyOf(key.name.toLowerCase());
}

/** By their hash; most places stay empty. */
const PLACES: (AuditKey | undefined)[] = new Array<undefined>(1024).fill(undefined);
const MASK = PLACES.length - 1;
for (const key of KEYS.values()) {
  let at = hashOf(key.name) & MASK;
  while (PLACES[at] !== undefined) at = (at + 1) & MASK;
  PLACES[at] = key;
}

function hashOf(name: string): number {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = hashWith(hash, name.charCodeAt(i));
  return hash;
}

/** The hash of a text that goes on with this character. */
export function hashWith(hash: number, code: number): number {
  return (hash * 31 + code) | 0;
}

/** The key that text[start, end) is. hash: its characters', one after the other. */
export function keyAt(text: string, start: number, end: number, hash: number): AuditKey {
  for (let at = hash & MASK; ; at = (at + 1) & MASK) {
    const key = PLACES[at];
    if (key === undefined) return auditKey(text.slice(start, end), Kind.WORD, false);
    if (key.name.length === end - start && text.startsWith(key.name, start)) return key;
  }
}
