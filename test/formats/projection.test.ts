/** What is read without parsing a line is what is read of the parsed line. */
import { decodeEvent, encodeEvent, type UnifiedEvent } from '@tapio/performance';
import { createFormatReader } from '@tapio/performance/formats';
import { randomness, seed } from '../event/seed';
import { rewritten, samples } from './reading';

const MUTANTS = 1500;
const files = ['tetragon', 'falco', 'tracee', 'otlp-logs', 'pino', 'bunyan'];
const memory = new Uint8Array(1 << 21);

/** Nothing that is different each time: random ids, and the time of arrival. */
function comparable(event: UnifiedEvent): UnifiedEvent {
  const stored = decodeEvent(memory.slice(0, encodeEvent(event, memory)));
  const isRandom = /^[0-9a-f]{32}$/.test(stored.id);
  const isNow = stored.timestamp > BigInt(Date.now() - 600_000) * 1_000_000n;
  return { ...stored, id: isRandom ? '' : stored.id, timestamp: isNow ? 0n : stored.timestamp };
}

interface Reading {
  events: UnifiedEvent[];
  reasons: string[];
}

/** The events of a line that stands behind one of its format. */
function readBehind(sample: string, line: string, forBuffer: boolean): Reading {
  const reasons: string[] = [];
  const reader = createFormatReader('auto', { forBuffer, onSkip: (_, reason) => reasons.push(reason) });
  reader.push(sample);
  reasons.length = 0;
  const events = reader.push(line);
  return { events: events.concat(reader.end()).map(comparable), reasons };
}

function expectSame(sample: string, line: string): void {
  const plain = readBehind(sample, line, false);
  const projected = readBehind(sample, line, true);
  expect({ line, ...projected }).toEqual({ line, ...plain });
}

const lines = files
  .flatMap((file) => samples(`${file}.ndjson`).filter((line) => line.startsWith('{')))
  .filter((line) => createFormatReader('auto').push(line).length > 0);

/** What no sample has and a line may have. */
const others: readonly [like: RegExp, line: string][] = [
  [
    /"process_exec"/,
    '{"process_kprobe":{"process":{"pid":7,"binary":"/bin/a\\u0062"},"function_name":"__x64_sys_connect","args":[{"int_arg":3},{"sock_arg":{"daddr":"192.0.2.1","dport":443,"protocol":"IPPROTO_TCP"}}],"return":{"int_arg":-115}},"node_name":"n","time":"2026-11-28T10:00:00Z"}',
  ],
  [/"process_exec"/, '{"process_exec":{ },"node_name":"n"}'],
  [/"process_exec"/, '{"process_exec":{"process":{"pid":1}}}'],
  [/"process_exec"/, '{"process_exec":{"process":{"pid":1},"process":{"tid":2}},"node_name":"n"}'],
  [/"process_exec"/, '{"process_exec":{"process":{"pid":1}},"process_exit":{"process":{"pid":2}}}'],
  [/"process_exec"/, '{"node_name":"n","process_exec":{"process":{"pid":1}}}'],
  [/"process_exec"/, '{"process_exec":{"process":{"pid":1e400}},"node_name":"n"}'],
  // Beyond all doubles, though neither its digits nor its exponent alone are.
  [/"process_exec"/, `{"process_exec":{"process":{"pid":1},"x":${'9'.repeat(220)}e99},"node_name":"n"}`],
  [
    /"process_exec"/,
    `{"process_exec":{"process":{"pid":1},"x":${'9'.repeat(220)}e99,"y":"${'y'.repeat(3000)}"},"node_name":"n"}`,
  ],
  [
    /"rule"/,
    '{"rule":"r","priority":"error","source":"s","time":"2026-11-28T10:00:00Z","output_fields":{},"hostname":"h"}',
  ],
  [
    /"rule"/,
    '{"rule":"r","priority":"error","source":"s","time":"2026-11-28T10:00:00Z","output_fields":{"hostname":1},"hostname":"h"}',
  ],
  [
    /"rule"/,
    '{"rule":"r","priority":"error","source":"s","output_fields":{"evt.time":1795860000123456789},"more":[1]}',
  ],
  [
    /"rule"/,
    '{"rule":"r","priority":"error","time":"2026-11-28T10:00:00Z","output":"10:00:00.1: error: error x","output_fields":{"container.id":"abc","k8s.pod.name":"<NA>"}}',
  ],
  [
    /"eventName"/,
    '{"timestamp":"2026-11-28T10:00:00Z","id":1,"name":"e","workload":{"process":{"a":null,"thread":{"x":1}}}}',
  ],
  [
    /"eventName"/,
    '{"timestamp":"2026-11-28T10:00:00Z","policies":{},"name":"e","workload":{"process":{"pid":3,"real_user":{"id":4},"thread":{"tid":1}},"container":{"id":"c1"},"k8s":{"pod":{"name":"p","labels":{"a":"b"}},"namespace":{"name":"n"}}},"data":[{"name":"returnValue","value":-2},{"name":"x","value":[1]}]}',
  ],
  [
    /resourceLogs/,
    '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"arrayValue":{"values":[{"intValue":"7"}]}},"attributes":[{"key":"resource","value":{"intValue":"-0"}},{"key":"a","value":{"kvlistValue":{"values":[{"key":"b","value":{"boolValue":true}}]}}},{"key":"i","value":{"intValue":5}},{"key":"j","value":{"intValue":"x"}},{"value":{}},{"key":"u\\u0061","value":{"doubleValue":1.50}},7],"droppedAttributesCount":2},3]},4],"resource":{"attributes":[{"key":"z","value":{"stringValue":"q"}}]}},5]}',
  ],
  [
    /resourceLogs/,
    '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"bytesValue":"Af8="}}]}],"scopeLogs":[]}]}',
  ],
  [
    /resourceLogs/,
    '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"attributes":[{"key":"k","value":{"intValue":1,"stringValue":"s"}}]}]}]}]}',
  ],
  [
    /"level":30,"time":1795860000123/,
    '{"level":30,"time":1795860000123456789,"msg":"m","a":1,"a":null,"big":12345678901234567890}',
  ],
  [
    /"level":30,"time":1795860000123/,
    '{"level":40,"time":1,"err":{"type":"E","stack":"s","code":5,"type":3},"x":"y"}',
  ],
  [
    /"level":30,"time":1795860000123/,
    '{"level":40,"ts":"z","err":{"type":"E","stack":7},"msg":{"a":1},"k":{"d":[-0,1.5e3]}}',
  ],
  [
    /"level":30,"time":1795860000123/,
    '{"log":"{}\\n","stream":"stdout","time":"2026-11-28T10:00:00Z","level":30}',
  ],
  [
    /"level":30,"time":1795860000123/,
    '{"level":30,"big":12345678901234567890,"msg":"\\"\\u4e16\\ud83d\\ude00\\udc00\\t","err":{"type":"E","stack":"a\\n b","stack":"c\\n\\/d"}}',
  ],
  [
    /"level":30,"time":1795860000123/,
    '{"level":"warn","message":"a\\\\b","ts":"x\\u0041","error":"\\n","req":{"x":"\\n"}}',
  ],
  [
    /"level":30,"time":1795860000123/,
    '{"level":30,"msg":"\u00e9\u4e16\ud83d\ude00","k\\ud800":"\\ud83d\\ude00\\udc00","__proto__":{"x":1}}',
  ],
];

test('samples, as they are and with another order of keys', () => {
  for (const line of lines) {
    expectSame(line, line);
    expectSame(line, rewritten(line));
  }
});

test.each(others)('behind %s: %s', (like, line) => {
  const sample = lines.find((each) => like.test(each))!;
  expectSame(sample, line);
});

test(`samples with characters and values changed (seed ${seed})`, () => {
  const random = randomness(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const values = [
    'null',
    '{}',
    '[]',
    '0',
    '-1',
    '""',
    '"x"',
    '"\\u0061\\ud800"',
    '1e5',
    '12345678901234567890',
    'true',
  ];
  const pieces = ['"', '\\', '{', '}', ',', ':', ' ', '\ud800', '\u0000', '"a":null,', '"time":1,', '1'];
  const change = (line: string): string => {
    const at = below(line.length);
    switch (below(4)) {
      case 0:
        return line.slice(0, at) + pieces[below(pieces.length)] + line.slice(at + below(3));
      case 1: {
        // The value of some key becomes another.
        const scalars = [...line.matchAll(/:("(?:[^"\\]|\\.)*"|-?[\d.]+|true|false|null)/g)];
        const { index, 0: found } = scalars[below(scalars.length)];
        return `${line.slice(0, index)}:${values[below(values.length)]}${line.slice(index + found.length)}`;
      }
      case 2: {
        // Some key stands twice.
        const keys = [...line.matchAll(/"[^"\\]+":/g)];
        const from = keys[below(keys.length)].index;
        return `${line.slice(0, from)}${keys[below(keys.length)][0]}${values[below(values.length)]},${line.slice(from)}`;
      }
      default:
        return line.slice(0, at) + line.slice(at + 1 + below(8));
    }
  };
  for (let i = 0; i < MUTANTS; i++) {
    const sample = lines[below(lines.length)];
    let line = sample;
    for (let changes = 1 + below(3); changes > 0 && line.length > 10; changes--) {
      if (!/:("(?:[^"\\]|\\.)*"|\d)/.test(line) || !/"[^"\\]+":/.test(line)) break;
      line = change(line);
    }
    expectSame(sample, line);
  }
});

test('what a container runtime has wrapped', () => {
  for (const line of lines) {
    const cri = `2026-11-28T10:00:00.5Z stdout F ${line}`;
    expectSame(line, cri);
    expectSame(line, JSON.stringify({ log: `${line}\n`, stream: 'stderr', time: '2026-11-28T10:00:00Z' }));
  }
});
