/** The event that the records of one time and serial number are. */
import type { UnifiedEvent } from '../../event/unified-event';
import { SYSCALL_TABLES } from '../../kernel/syscall-tables';
import { entityOf, kernelOf, newEvent } from '../new-event';
import { i32Of, idOf, setKey, u32Of } from '../values';
import type { AuditRecord } from './auditd-record';
import { networkOf, socketAddressOf } from './auditd-socket';
import { argumentsOf, attributesOf, textValue } from './auditd-value';

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

const MAPPED = new Set([
  'syscall',
  'arch',
  'exit',
  'a0',
  'a1',
  'a2',
  'a3',
  'pid',
  'uid',
  'gid',
  'comm',
  'key',
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

function field(fields: readonly string[], key: string): string | undefined {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === key) return fields[i + 1];
  return undefined;
}

export function eventOfRecords(records: readonly AuditRecord[]): UnifiedEvent {
  const main =
    records.find(({ type }) => type === 'SYSCALL') ??
    records.find(({ type }) => !SUPPLEMENTS.has(type)) ??
    records[0];
  const { node, seconds, millis, serial, fields } = main;
  const id = `${node === '' ? '' : `${node}:`}${seconds}.${millis}:${serial}`;
  const event = newEvent(main.type, 'auditd', BigInt(seconds + millis) * 1_000_000n, id);
  event.entity = node === '' ? undefined : entityOf('host', node);
  event.severity = hasFailed(fields) ? 'warning' : 'info';
  event.tags = tagsOf(records);
  event.attributes = attributesOf(fields, MAPPED);
  readProcess(event, main);
  for (const record of records) if (record !== main) addRecord(event, record);
  if (main.type === 'PROCTITLE' || main.type === 'EXECVE') addRecord(event, main);
  readUserAddress(event, fields);
  return event;
}

function hasFailed(fields: readonly string[]): boolean {
  for (let i = 0; i < fields.length; i += 2) {
    const value = fields[i + 1];
    if (fields[i] === 'success' && value === 'no') return true;
    if (fields[i] === 'res' && (value === 'failed' || value === '0')) return true;
  }
  return false;
}

/** The keys of the rules that asked for the event; several are joined by a byte 1. */
function tagsOf(records: readonly AuditRecord[]): string[] | undefined {
  const tags = new Set<string>();
  for (const { fields } of records) {
    const raw = field(fields, 'key');
    for (const tag of (raw === undefined ? undefined : textValue(raw))?.split('\x01') ?? [])
      if (tag !== '') tags.add(tag);
  }
  return tags.size > 0 ? [...tags] : undefined;
}

function readProcess(event: UnifiedEvent, { type, fields, enriched }: AuditRecord): void {
  const values = new Map<string, string>();
  for (let i = 0; i < fields.length; i += 2) if (MAPPED.has(fields[i])) values.set(fields[i], fields[i + 1]);
  const comm = values.get('comm');
  const attributes = event.attributes!;
  const kernel = kernelOf(
    u32Of(values.get('pid')),
    undefined,
    idOf(values.get('uid')),
    comm === undefined ? undefined : textValue(comm),
  );
  kernel.gid = idOf(values.get('gid'));
  const arch = values.get('arch');
  const number = values.get('syscall');
  if (arch !== undefined) attributes.arch = ARCHITECTURES.get(arch)?.[0] ?? arch;
  if (number !== undefined) {
    const named = field(enriched, 'SYSCALL');
    kernel.syscall =
      named !== undefined && /^[a-z_]\w*$/.test(named) ? named : syscallName(arch ?? '', number);
    if (kernel.syscall === undefined) attributes.syscall = number;
  }
  const exit = values.get('exit');
  kernel.returnCode = i32Of(exit);
  const args: Record<string, string> = {};
  for (const name of ['a0', 'a1', 'a2', 'a3']) {
    const value = values.get(name);
    if (value === undefined) continue;
    if (type === 'SYSCALL') args[name] = value;
    else attributes[name] = value;
  }
  // An address that mmap gave is no error number.
  if (exit !== undefined && kernel.returnCode === undefined) args.return = exit;
  if (Object.keys(args).length > 0) kernel.args = args;
  if (Object.values(kernel).some((value) => value !== undefined)) event.kernel = kernel;
  addNames(attributes, enriched);
}

/** What auditd looked up: the names of users and groups. */
function addNames(attributes: Record<string, unknown>, enriched: readonly string[]): void {
  const names: Record<string, unknown> = {};
  for (let i = 0; i < enriched.length; i += 2) {
    const key = enriched[i];
    if (key === 'ARCH' || key === 'SYSCALL' || key === 'SADDR') continue;
    const value = textValue(enriched[i + 1]);
    if (value !== undefined && value !== 'unset') setKey(names, key.toLowerCase(), value);
  }
  if (Object.keys(names).length > 0) attributes.names = names;
}

function addRecord(event: UnifiedEvent, { type, fields }: AuditRecord): void {
  const attributes = event.attributes!;
  switch (type) {
    case 'EOE':
      return;
    case 'CWD':
      Object.assign(attributes, attributesOf(fields));
      return;
    case 'PROCTITLE': {
      const title = field(fields, 'proctitle');
      // The words of a command line end in zero bytes.
      event.message =
        title === undefined ? undefined : textValue(title)?.replace(/\0+$/, '').replaceAll('\0', ' ');
      delete attributes.proctitle;
      return;
    }
    case 'EXECVE':
      attributes.argv = [...((attributes.argv as string[] | undefined) ?? []), ...argumentsOf(fields)];
      return;
    case 'SOCKADDR': {
      const hex = field(fields, 'saddr');
      const address = hex === undefined ? undefined : socketAddressOf(hex);
      if (address !== undefined) event.network = networkOf(address, event.kernel?.syscall);
      if (address?.path !== undefined)
        ((event.kernel ??= kernelOf(undefined)).args ??= {}).path = address.path;
      if (address === undefined && hex !== undefined) attributes.saddr = hex;
      return;
    }
    default:
      append(attributes, type === 'PATH' ? 'paths' : type.toLowerCase(), attributesOf(fields));
  }
}

/** Several records of one type are a list; PATH always is. */
function append(attributes: Record<string, unknown>, key: string, value: unknown): void {
  const before = Object.hasOwn(attributes, key) ? attributes[key] : undefined;
  if (Array.isArray(before)) before.push(value);
  else if (before !== undefined) attributes[key] = [before, value];
  else setKey(attributes, key, key === 'paths' ? [value] : value);
}

/** Where a user came from, as programs that log users in say. */
function readUserAddress(event: UnifiedEvent, fields: readonly string[]): void {
  const address = field(fields, 'addr');
  if (
    event.network === undefined &&
    address !== undefined &&
    /^(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-fA-F]*:[\da-fA-F:.]+)$/.test(address)
  )
    event.network = { sourceIP: address };
}
