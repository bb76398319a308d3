/**
 * The codec a Node user writes by hand for events of a known shape: numbers at fixed offsets, then the texts, each
 * behind its length. The functions are compiled from a table of fields, as if somebody had typed them out.
 */
import vm from 'node:vm';
import type { UnifiedEvent } from '@tapio/performance';
import type { Workload } from './events';

type Kind = 'u32' | 'i32' | 'f64' | 'u64' | 'bool' | 'text' | 'texts' | 'map' | 'bytes';
type Fields = readonly (readonly [path: string, kind: Kind])[];

const head: Fields = [
  ['id', 'text'],
  ['timestamp', 'u64'],
  ['type', 'text'],
  ['source', 'text'],
  ['severity', 'text'],
];

const kernelFields: Fields = [
  ['kernel.syscall', 'text'],
  ['kernel.pid', 'u32'],
  ['kernel.tid', 'u32'],
  ['kernel.uid', 'u32'],
  ['kernel.gid', 'u32'],
  ['kernel.comm', 'text'],
  ['kernel.returnCode', 'i32'],
  ['kernel.cpuCore', 'u32'],
];
const traceFields: Fields = [
  ['tags', 'texts'],
  ['traceContext.traceId', 'text'],
  ['traceContext.spanId', 'text'],
  ['traceContext.sampled', 'bool'],
];
const entityFields: Fields = [
  ['entity.type', 'text'],
  ['entity.name', 'text'],
  ['entity.namespace', 'text'],
  ['entity.labels', 'map'],
];

const shapes: Record<Workload['name'], Fields> = {
  kernel: [...head, ...kernelFields],
  mid: [...head, ...traceFields, ...entityFields, ...kernelFields, ['rawData', 'bytes']],
  full: [
    ...head,
    ...traceFields,
    ['semantic.intent', 'text'],
    ['semantic.category', 'text'],
    ['semantic.tags', 'texts'],
    ['semantic.narrative', 'text'],
    ['semantic.confidence', 'f64'],
    ...entityFields,
    ['network.protocol', 'text'],
    ['network.sourceIP', 'text'],
    ['network.sourcePort', 'u32'],
    ['network.destIP', 'text'],
    ['network.destPort', 'u32'],
    ['network.direction', 'text'],
    ['network.bytesSent', 'f64'],
    ['network.bytesRecv', 'f64'],
    ['network.latencyNs', 'f64'],
    ['network.statusCode', 'u32'],
    ['network.method', 'text'],
    ['application.level', 'text'],
    ['application.logger', 'text'],
    ['application.requestId', 'text'],
    ['metrics.metricName', 'text'],
    ['metrics.value', 'f64'],
    ['metrics.unit', 'text'],
    ['impact.severity', 'text'],
    ['impact.infrastructureImpact', 'f64'],
    ['impact.affectedServices', 'texts'],
    ['impact.affectedComponents', 'u32'],
    ['impact.sloImpact', 'bool'],
    ['impact.systemCritical', 'bool'],
    ['impact.cascadeRisk', 'bool'],
    ['correlation.correlationId', 'text'],
    ['correlation.pattern', 'text'],
    ['correlation.stage', 'text'],
  ],
};

const numbers: Partial<Record<Kind, { bytes: number; write: string; read: string }>> = {
  u32: { bytes: 4, write: 'view.setUint32(AT, VALUE, true)', read: 'view.getUint32(AT, true)' },
  i32: { bytes: 4, write: 'view.setInt32(AT, VALUE, true)', read: 'view.getInt32(AT, true)' },
  f64: { bytes: 8, write: 'view.setFloat64(AT, VALUE, true)', read: 'view.getFloat64(AT, true)' },
  u64: { bytes: 8, write: 'view.setBigUint64(AT, VALUE, true)', read: 'view.getBigUint64(AT, true)' },
  bool: { bytes: 1, write: 'bytes[AT] = VALUE ? 1 : 0', read: 'bytes[AT] === 1' },
};

const texts: Partial<Record<Kind, { write: string; read: string }>> = {
  text: { write: 'at = putText(VALUE, at)', read: 'getText()' },
  texts: {
    write: 'bytes[at++] = VALUE.length; for (const item of VALUE) at = putText(item, at)',
    read: 'getTexts()',
  },
  map: {
    write:
      'mark = at++; n = 0; for (const key in VALUE) { n++; at = putText(VALUE[key], putText(key, at)); } bytes[mark] = n',
    read: 'getMap()',
  },
  bytes: {
    write: 'view.setUint16(at, VALUE.length, true); bytes.set(VALUE, at + 2); at += 2 + VALUE.length',
    read: 'getBytes()',
  },
};

/** Below this a loop in JavaScript is faster than a call of native code. */
const SHORT = 16;
const helpers = `
  let at = 0;
  function putText(text, at) {
    const length = text.length;
    if (length < ${SHORT}) {
      let i = 0;
      for (; i < length; i++) {
        const code = text.charCodeAt(i);
        if (code > 127) break;
        bytes[at + 2 + i] = code;
      }
      if (i === length) {
        view.setUint16(at, length, true);
        return at + 2 + length;
      }
    }
    const size = bytes.utf8Write(text, at + 2);
    view.setUint16(at, size, true);
    return at + 2 + size;
  }
  function getText() {
    const size = view.getUint16(at, true);
    const start = at + 2;
    at = start + size;
    return size === 0 ? '' : bytes.utf8Slice(start, at);
  }
  function getTexts() {
    const items = new Array(bytes[at++]);
    for (let i = 0; i < items.length; i++) items[i] = getText();
    return items;
  }
  function getBytes() {
    const start = at + 2;
    at = start + view.getUint16(at, true);
    return Buffer.from(bytes.subarray(start, at));
  }
  function getMap() {
    const map = {};
    for (let n = bytes[at++]; n > 0; n--) { const key = getText(); map[key] = getText(); }
    return map;
  }`;

export interface HandCodec {
  /** Writes an event at an offset of the memory; returns its bytes. */
  encode(event: UnifiedEvent, at: number): number;
  decode(at: number): UnifiedEvent;
  /** The offset behind the event at an offset; of the kernel shape alone. */
  skip(at: number): number;
}

/** A codec over a memory. Like a ring's user it does not check what it reads. */
export function handCodec(shape: Workload['name'], memory: Uint8Array): HandCodec {
  const bytes = Buffer.from(memory.buffer, memory.byteOffset, memory.byteLength);
  const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  return vm.compileFunction(source(shapes[shape]), ['bytes', 'view', 'Buffer'])(
    bytes,
    view,
    Buffer,
  ) as HandCodec;
}

function source(fields: Fields): string {
  const writes: string[] = [];
  const reads = new Map<string, string>();
  let fixed = 0;
  for (const [path, kind] of fields) {
    const number = numbers[kind];
    if (number === undefined) continue;
    writes.push(place(number.write, `start + ${fixed}`, `event.${path}`));
    reads.set(path, place(number.read, `start + ${fixed}`));
    fixed += number.bytes;
  }
  for (const [path, kind] of fields) {
    const text = texts[kind];
    if (text === undefined) continue;
    writes.push(place(text.write, 'at', `event.${path}`));
    reads.set(path, text.read);
  }
  // Texts have to be read in the order they lie in, so each gets a variable first.
  const names = [...reads.keys()];
  const variables = names.map((path, i) => `const v${i} = ${reads.get(path)!};`);
  const variable = (path: string): string => `v${names.indexOf(path)}`;
  const members = new Map<string, string[]>();
  for (const [path] of fields) {
    const [section, field] = path.split('.');
    if (!members.has(section)) members.set(section, []);
    if (field !== undefined) members.get(section)!.push(`${field}: ${variable(path)}`);
  }
  const object = [...members].map(
    ([section, inner]) => `${section}: ${inner.length > 0 ? `{ ${inner.join(', ')} }` : variable(section)}`,
  );
  return `${helpers}
  return {
    encode(event, start) {
      let at = start + ${fixed}, mark, n;
      ${writes.join(';\n      ')};
      return at - start;
    },
    decode(start) {
      at = start + ${fixed};
      ${variables.join('\n      ')}
      return { ${object.join(', ')} };
    },
    skip(start) {
      at = start + ${fixed};
      ${fields
        .filter(([, kind]) => kind === 'text')
        .map(() => 'at += 2 + view.getUint16(at, true)')
        .join(';\n      ')};
      return at;
    },
  };`;
}

function place(code: string, at: string, value = ''): string {
  return code.replaceAll('AT', at).replaceAll('VALUE', value);
}

/** Where the numbers of the kernel shape lie that a reader in place needs: in the order of the table above. */
export const KERNEL_PID_AT = 8;
export const KERNEL_TID_AT = 12;
export const KERNEL_RETURN_CODE_AT = 24;
/** Where its texts begin: id, type, source, severity, syscall, comm. */
export const KERNEL_TEXTS_AT = 32;
