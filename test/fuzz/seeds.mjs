/** Writes a few valid inputs for each target, which a fuzzer would take long to find: `node seeds.mjs FOLDER`. */
import { Buffer } from 'node:buffer';
import fs from 'node:fs';
import path from 'node:path';

const words = (...numbers) => Buffer.from(Uint32Array.from(numbers, (number) => number >>> 0).buffer);
const longs = (...numbers) => Buffer.from(BigInt64Array.from(numbers.map(BigInt)).buffer);
const utf16 = (text) => Buffer.from(text, 'utf16le');
const padded = (text, size) => Buffer.concat([Buffer.from(text), Buffer.alloc(size)]).subarray(0, size);

/** Types of a kernel: `struct task { int state; union { int number; struct { int x, deep; }; }; pair list[2]; }`. */
function btf() {
  const strings = [''];
  const at = (name) => {
    if (!strings.includes(name)) strings.push(name);
    return strings.slice(0, strings.indexOf(name)).reduce((sum, each) => sum + each.length + 1, 0);
  };
  const type = (kind, name, count, size, ...more) => [at(name), (kind << 24) | count, size, ...more];
  const member = (name, id, bits) => [at(name), id, bits];
  const [INT, POINTER, ARRAY, STRUCT, UNION, TYPEDEF, CONST, PROTOTYPE] = [1, 2, 3, 4, 5, 8, 10, 13];
  const types = [
    type(INT, 'int', 0, 4, 32),
    type(STRUCT, '', 2, 8, ...member('x', 1, 0), ...member('deep', 1, 32)),
    type(UNION, '', 2, 8, ...member('number', 1, 0), ...member('', 2, 0)),
    type(STRUCT, 'pair', 2, 8, ...member('first', 1, 0), ...member('second', 1, 32)),
    type(CONST, '', 0, 4),
    type(ARRAY, '', 0, 0, 5, 5, 2),
    type(POINTER, '', 0, 4),
    type(
      ...[STRUCT, 'task', 4, 40],
      ...[
        ...member('state', 1, 0),
        ...member('', 3, 32),
        ...member('list', 6, 128),
        ...member('pointer', 7, 256),
      ],
    ),
    type(PROTOTYPE, '', 3, 0, 0, 0, 0, 0, 0, 0),
    type(POINTER, '', 0, 9),
    type(TYPEDEF, 'btf_trace_sys_exit', 0, 10),
  ].flat();
  const text = Buffer.from(strings.map((name) => `${name}\0`).join(''));
  const size = types.length * 4;
  return Buffer.concat([words(0x01eb9f, 24, 0, size, size, text.length, ...types), text]);
}

const BUNDLED = 1 << 31;
const UTF16 = 3 << 30;

/** An event of the layout of test/core/encoded_events.h, with everything or with nothing. */
function event(full) {
  const whole = new Uint32Array(new Float64Array([-9007199254740991]).buffer);
  const body = full
    ? [31, 300, -1, ...whole, 2, 1, UTF16 | 4, 1, BUNDLED | 2, BUNDLED | 200, 0x04030201]
    : [];
  const latin1 = full ? Buffer.from(`ik\xe9${'v'.repeat(199)}\xff`, 'latin1') : Buffer.from('i');
  const behind = full ? utf16('\u{1f600}\u65e5\udc00') : Buffer.alloc(0);
  const start = (8 + body.length) * 4;
  const head = [5, 0, full ? 0x2f : 0, start, latin1.length, BUNDLED | 1, BUNDLED, BUNDLED];
  return Buffer.concat([words(...head, ...body), latin1, behind]);
}

function packed(...events) {
  const aligned = events.map((each) => padded(each, Math.ceil(each.length / 8) * 8));
  const sizes = events.map((each) => each.length);
  return Buffer.concat([Buffer.from([sizes.length]), words(...sizes), Buffer.from([0xff, 0x0f]), ...aligned]);
}

const json = (text) => Buffer.concat([Buffer.from([200]), utf16(text)]);
const writers = (bytes) => Buffer.concat([Buffer.from([0xff, 0x03]), bytes]);

/** The 64 bytes that each record of the tracer begins with. */
function traced(kind, ...details) {
  const head = [longs(5_999_999), words(7, 7, 0, 0, 0, kind), longs(9), words(0, 0), padded('node', 16)];
  return Buffer.concat([...head, ...details]);
}
const execution = (file, args) => [
  longs(1_000_000),
  words(1, 8),
  padded('bash', 16),
  words(file.length, args.length),
  longs(args.length),
  Buffer.from(file + args),
];
const socket = (family, address) => [
  Buffer.from(Uint16Array.of(family, 6, 1234, 0x5000).buffer),
  Buffer.alloc(32, 1),
  words(address.length, 0),
  address,
];

const SEEDS = {
  btf: [btf()],
  json_projection: [
    json('{"a":{"b":"t"},"list":[{"x":1.5e3},{"x":-12345678901234567890}],"rest":[true,null]}'),
    json('{"items":[1,{"x":"\\ud83d\\ude00\\ud800\\n"}],"a":{"b":false},"A":"\ud800"}'),
    json('[[[[{}]]]]'),
  ],
  event_writers: [writers(event(false)), writers(event(true))],
  event_packer: [packed(event(false)), packed(event(false), event(false))],
  record_mapper: [
    Buffer.concat([words(0, 1), longs(5, -7), padded('h\u00e9 \u20ac', 64), padded('comm', 16)]),
    Buffer.concat([words(1, 0), longs(5), padded('text', 300)]),
    Buffer.concat([words(2, 0), longs(-1)]),
  ],
  tracer_details: [
    traced(0),
    traced(2, ...execution('/bin/ls\0', 'ls\0-l "x"\0')),
    traced(3, ...execution('', '')),
    traced(5, longs(0x241), words(-100, 1, 7, 0), Buffer.from('file.t\0')),
    traced(6, ...socket(2, Buffer.from([2, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]))),
    traced(7, ...socket(1, Buffer.from('\x01\0/run/socket\0'))),
  ],
};

const folder = process.argv[2];
for (const [name, inputs] of Object.entries(SEEDS)) {
  fs.mkdirSync(path.join(folder, name), { recursive: true });
  inputs.forEach((input, i) => fs.writeFileSync(path.join(folder, name, `${i}`), input));
}
