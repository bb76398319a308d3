/** The event that the records of one time and serial number are. */
import { quoted } from '../../event/json-text';
import { keptText } from '../../event/known-json';
import type { UnifiedEvent } from '../../event/unified-event';
import { SYSCALL_TABLES } from '../../kernel/syscall-tables';
import type { JsonObject } from '../format';
import { entityOf, kernelOf, kernelUnlessEmpty, newEvent } from '../new-event';
import { timeOfCount, Unit } from '../time';
import { i32Of, idOf, u32Of } from '../values';
import { AuditArguments, isOfArguments } from './auditd-arguments';
import { AuditFields } from './auditd-fields';
import { type AuditKey, keyOf, Role } from './auditd-key';
import { lookedUpFor } from './auditd-looked-up';
import { AuditMembers } from './auditd-members';
import { readFields, type AuditRecord } from './auditd-record';
import { networkOf, socketAddressOf } from './auditd-socket';
import { textValue } from './auditd-value';

/** Records that tell more of another one. */
const SUPPLEMENTS = new Set([
  'CWD',
  'PATH',
  'PROCTITLE',
  'EXECVE',
  'SOCKADDR',
  'EOE',
  'IPC',
  'MMAP',
  'FD_PAIR',
  'BPRM_FCAPS',
]);

/** By the number of an ELF machine with the flags of its width and byte order. */
const ARCHITECTURES: ReadonlyMap<string, readonly [name: string, table: string]> = new Map([
  ['c000003e', ['x86_64', 'x64']],
  ['40000003', ['i386', 'ia32']],
  ['c00000b7', ['aarch64', 'arm64']],
]);

const syscallNames = new Map<string, readonly string[]>();

/** Undefined for a number of an architecture that is not known here. */
function syscallName(arch: string, number: string): string | undefined {
  const table = ARCHITECTURES.get(arch)?.[1];
  if (table === undefined) return undefined;
  let names = syscallNames.get(table);
  if (names === undefined) {
    const all: string[] = [];
    for (const [first, words] of SYSCALL_TABLES[table])
      words.split(' ').forEach((word, i) => (all[first + i] = word));
    syscallNames.set(table, (names = all));
  }
  return /^\d{1,4}$/.test(number) ? names[Number(number)] : undefined;
}

const ARCH = keyOf('arch');
const SYSCALL = keyOf('syscall');
const NAMES = keyOf('names');
const SOCKET = keyOf('saddr');
const CWD = keyOf('cwd');
const COUNT = keyOf('argc');
const PID = [keyOf('pid')];
const UID = [keyOf('uid')];
const GID = [keyOf('gid')];
const ARGUMENTS = [keyOf('a0'), keyOf('a1'), keyOf('a2'), keyOf('a3')];

/** Lists of one, too. */
const ALWAYS_LISTS = new Set(['argv', 'paths']);
/** Roles that are told elsewhere, as bits. */
const MAPPED = (1 << (Role.LAST_MAPPED + 1)) - 1;
const TITLE = 1 << Role.TITLE;
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-fA-F]*:[\da-fA-F:.]+)$/;

/** Of the record that is being read; one thread has one. */
const fields = new AuditFields();

/** The values, as they are written, of the keys that have a field of their own; by their roles. */
const mapped = new Array<string | undefined>(Role.LAST_MAPPED + 1);

/** forBuffer: the attributes are a `keptText`. */
export function eventOfRecords(records: readonly AuditRecord[], forBuffer: boolean): UnifiedEvent {
  return new RecordsReader(records).read(forBuffer);
}

function mainOf(records: readonly AuditRecord[]): AuditRecord {
  for (const record of records) if (record.type === 'SYSCALL') return record;
  for (const record of records) if (!SUPPLEMENTS.has(record.type)) return record;
  return records[0];
}

class RecordsReader {
  private readonly main: AuditRecord;
  private readonly event: UnifiedEvent;
  private readonly attributes = new AuditMembers(false);
  /** What several records say under one key: JSON, in their order. */
  private lists: Map<string, string[]> | undefined;
  private arguments: AuditArguments | undefined;
  /** The keys of rules, by the number of the record that has them. */
  private rules: string[] | undefined;
  /** Where a user came from, as programs that log users in say. */
  private address: string | undefined;
  private hasSocket = false;

  constructor(private readonly records: readonly AuditRecord[]) {
    this.main = mainOf(records);
    const { node, text, timeMs } = this.main.stamp;
    const id = node === '' ? text : `${node}:${text}`;
    const time = timeOfCount(timeMs, Unit.MILLIS) ?? BigInt(timeMs) * 1_000_000n;
    this.event = newEvent(this.main.type, 'auditd', time, id);
    this.event.entity = node === '' ? undefined : entityOf('host', node);
  }

  read(forBuffer: boolean): UnifiedEvent {
    const { records, main, event, attributes } = this;
    this.readMain();
    for (let at = 0; at < records.length; at++) {
      const record = records[at];
      if (record === main || record.type === 'EOE') continue;
      readFields(fields, record);
      const rule = first(Role.KEY);
      if (rule !== undefined) (this.rules ??= [])[at] = rule;
      this.addRecord(record);
    }
    event.tags = tagsOf(this.rules);
    if (this.arguments !== undefined) this.addArguments(this.arguments);
    for (const [name, items] of this.lists ?? []) {
      const key = keyOf(name);
      const before = attributes.valueOf(key);
      if (before !== undefined) items.unshift(before);
      const isList = items.length !== 1 || ALWAYS_LISTS.has(name);
      attributes.add(key, isList ? `[${items.join(',')}]` : items[0]);
    }
    if (event.network === undefined && this.address !== undefined && ADDRESS.test(this.address))
      event.network = { sourceIP: this.address };
    if (!attributes.isEmpty) {
      const json = attributes.toJson();
      event.attributes = forBuffer ? keptText(json) : (JSON.parse(json) as JsonObject);
    }
    return event;
  }

  private readMain(): void {
    const { main, event, attributes } = this;
    readFields(fields, main);
    for (let role = 0; role < mapped.length; role++) mapped[role] = undefined;
    let failed = false;
    for (let i = 0; i < fields.count; i++) {
      const { role } = fields.keys[i];
      switch (role) {
        case Role.NONE:
        case Role.TITLE:
        case Role.SOCKET:
          break;
        case Role.SUCCESS:
          failed ||= fields.raw(i) === 'no';
          break;
        case Role.RESULT:
          failed ||= fields.raw(i) === 'failed' || fields.raw(i) === '0';
          break;
        case Role.ADDRESS:
          this.address ??= fields.raw(i);
          break;
        case Role.KEY:
          mapped[role] ??= fields.raw(i);
          break;
        default:
          mapped[role] = fields.raw(i);
      }
    }
    attributes.addFields(fields, main.type === 'PROCTITLE' ? MAPPED | TITLE : MAPPED);
    event.severity = failed ? 'warning' : 'info';
    const rule = mapped[Role.KEY];
    if (rule !== undefined) (this.rules ??= [])[this.records.indexOf(main)] = rule;
    this.readProcess();
    if (main.type === 'PROCTITLE') this.readTitle();
    else if (main.type === 'EXECVE') this.readArguments();
  }

  private readProcess(): void {
    const { main, event, attributes } = this;
    const comm = mapped[Role.COMM];
    const kernel = kernelOf(
      u32Of(mapped[Role.PID]),
      undefined,
      idOf(mapped[Role.UID]),
      comm === undefined ? undefined : textValue(comm),
    );
    kernel.gid = idOf(mapped[Role.GID]);
    const arch = mapped[Role.ARCH];
    if (arch !== undefined) attributes.add(ARCH, quoted(ARCHITECTURES.get(arch)?.[0] ?? arch));
    const { names, call } = lookedUpFor(main);
    if (names !== undefined) attributes.add(NAMES, names);
    const number = mapped[Role.SYSCALL];
    if (number !== undefined) {
      kernel.syscall =
        call !== undefined && /^[a-z_]\w*$/.test(call) ? call : syscallName(arch ?? '', number);
      if (kernel.syscall === undefined) attributes.add(SYSCALL, quoted(number));
    }
    const exit = mapped[Role.EXIT];
    kernel.returnCode = i32Of(exit);
    let args = main.type === 'SYSCALL' ? argumentsOfCall() : undefined;
    if (main.type !== 'SYSCALL') this.keep(ARGUMENTS);
    this.keepMisfits(kernel);
    // An address that mmap gave is no error number.
    if (exit !== undefined && kernel.returnCode === undefined) (args ??= {}).return = exit;
    kernel.args = args;
    event.kernel = kernelUnlessEmpty(kernel);
  }

  /** Values that have no field: the arguments of what is no call, and what does not fit. */
  private keep(keys: readonly AuditKey[]): void {
    for (const key of keys) {
      const value = mapped[key.role];
      if (value !== undefined) this.attributes.add(key, quoted(value));
    }
  }

  private keepMisfits({ pid, uid, gid }: NonNullable<UnifiedEvent['kernel']>): void {
    if (pid === undefined) this.keep(PID);
    if (uid === undefined) this.keep(UID);
    if (gid === undefined) this.keep(GID);
  }

  /** What the record whose fields were read tells of the main one. What has no place of its own is a record under its type. */
  private addRecord(record: AuditRecord): void {
    const { type } = record;
    const only = fields.count === 1 && !fields.hasWords ? fields.keys[0] : undefined;
    switch (type) {
      case 'CWD':
        if (fields.count === 0 && !fields.hasWords) return;
        if (only !== CWD) break;
        if (!this.attributes.has(CWD)) this.attributes.addFields(fields);
        else this.listOf('cwd').push(quoted(textValue(fields.raw(0)) ?? ''));
        return;
      case 'PROCTITLE':
        this.readTitle();
        if (only?.role !== Role.TITLE) this.addRestBeside(type, Role.TITLE);
        return;
      case 'EXECVE':
        if (this.readArguments() || fields.hasWords) this.addRest(type, isOfArguments);
        return;
      case 'SOCKADDR':
        if (this.hasSocket) break;
        this.readSocket(first(Role.SOCKET));
        if (only?.role !== Role.SOCKET) this.addRestBeside(type, Role.SOCKET);
        return;
    }
    const members = new AuditMembers(true);
    members.addFields(fields);
    const { names } = lookedUpFor(record);
    if (names !== undefined) members.add(NAMES, names);
    this.listOf(type === 'PATH' ? 'paths' : type.toLowerCase()).push(members.toJson());
  }

  /** What a record says besides the first field of a role, which was read. */
  private addRestBeside(type: string, role: Role): void {
    const read = indexOf(role);
    this.addRest(type, (_, index) => index === read);
  }

  /** What a record says besides the fields that were read. */
  private addRest(type: string, isRead: (key: AuditKey, index: number) => boolean): void {
    const rest = new AuditMembers(true);
    for (let i = 0; i < fields.count; i++) {
      const key = fields.keys[i];
      if (!isRead(key, i)) rest.addField(key, key.kind, fields, i);
    }
    rest.flush();
    rest.addWords(fields);
    if (!rest.isEmpty) this.listOf(type.toLowerCase()).push(rest.toJson());
  }

  private readTitle(): void {
    const title = first(Role.TITLE);
    this.event.message = title === undefined ? undefined : commandLineOf(textValue(title));
  }

  /** Returns whether there was something else. */
  private readArguments(): boolean {
    this.listOf('argv');
    return (this.arguments ??= new AuditArguments()).add(fields);
  }

  /** argc where they are not so many: then a record is missing. */
  private addArguments(all: AuditArguments): void {
    const texts = all.texts();
    for (const text of texts) this.listOf('argv').push(quoted(text));
    const { count } = all;
    if (count !== undefined && count !== String(texts.length) && !this.attributes.has(COUNT))
      this.attributes.add(COUNT, quoted(count));
  }

  private readSocket(hex: string | undefined): void {
    if (hex === undefined) return;
    this.hasSocket = true;
    const { event } = this;
    const address = socketAddressOf(hex);
    if (address === undefined) {
      this.attributes.add(SOCKET, quoted(hex));
      return;
    }
    event.network = networkOf(address, event.kernel?.syscall);
    if (address.path !== undefined) ((event.kernel ??= kernelOf(undefined)).args ??= {}).path = address.path;
  }

  private listOf(key: string): string[] {
    const lists = (this.lists ??= new Map<string, string[]>());
    let list = lists.get(key);
    if (list === undefined) lists.set(key, (list = []));
    return list;
  }
}

function argumentsOfCall(): Record<string, string> | undefined {
  const a0 = mapped[Role.A0];
  const a1 = mapped[Role.A1];
  const a2 = mapped[Role.A2];
  const a3 = mapped[Role.A3];
  // As the kernel writes them.
  if (a0 !== undefined && a1 !== undefined && a2 !== undefined && a3 !== undefined) return { a0, a1, a2, a3 };
  let args: Record<string, string> | undefined;
  for (const { role, name } of ARGUMENTS) {
    const value = mapped[role];
    if (value !== undefined) (args ??= {})[name] = value;
  }
  return args;
}

/** Its words end in zero bytes. */
function commandLineOf(title: string | undefined): string | undefined {
  if (title?.includes('\0') !== true) return title;
  let end = title.length;
  while (title.charCodeAt(end - 1) === 0) end--;
  return title.slice(0, end).replaceAll('\0', ' ');
}

/** The first value of that role among the fields. */
function first(role: Role): string | undefined {
  const index = indexOf(role);
  return index < 0 ? undefined : fields.raw(index);
}

/** Of the first field of a role; -1: there is none. */
function indexOf(role: Role): number {
  for (let i = 0; i < fields.count; i++) if (fields.keys[i].role === role) return i;
  return -1;
}

/** The keys of the rules that asked for the event; several are joined by a byte 1. */
function tagsOf(rules: readonly string[] | undefined): string[] | undefined {
  if (rules === undefined) return undefined;
  const tags = new Set<string>();
  // Of records without one there is nothing.
  rules.forEach((raw) => {
    for (const tag of textValue(raw)?.split('\x01') ?? []) if (tag !== '') tags.add(tag);
  });
  return tags.size > 0 ? [...tags] : undefined;
}
