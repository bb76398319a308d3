import type { UnifiedEvent } from '@tapio/performance';
import { createFormatReader } from '@tapio/performance/formats';
import { randomness, seed } from '../event/seed';
import { read, samples } from './reading';

const sample = samples('auditd.log');
const auditd = (...lines: string[]): UnifiedEvent[] => read('auditd', lines).events;
const one = (...lines: string[]): UnifiedEvent => {
  const events = auditd(...lines);
  expect(events).toHaveLength(1);
  return events[0];
};
const record = (type: string, stamp: string, fields: string): string =>
  `type=${type} msg=audit(${stamp}): ${fields}`;
const syscall = (fields: string, stamp = '1795860000.123:1'): UnifiedEvent =>
  one(record('SYSCALL', stamp, fields));

describe('the samples', () => {
  test('four records are one event', () => {
    expect(one(...sample.slice(0, 4))).toMatchObject({
      id: '1795860000.123:4101',
      timestamp: 1795860000123000000n,
      type: 'SYSCALL',
      source: 'auditd',
      severity: 'warning',
      message: 'cat /etc/shadow',
      tags: ['shadow'],
      kernel: {
        syscall: 'openat',
        pid: 1204,
        uid: 1000,
        gid: 1000,
        comm: 'cat',
        returnCode: -13,
        args: { a0: 'ffffff9c', a1: '7ffd1000', a2: '0', a3: '0' },
      },
      attributes: {
        cwd: expect.stringMatching(/dev$/) as string,
        exe: '/usr/bin/cat',
        arch: 'x86_64',
        names: { uid: 'dev' },
      },
    });
  });

  test('the number of a call is one of its architecture, and hexadecimal values are text', () => {
    const event = one(...sample.slice(4, 6));
    expect(event).toMatchObject({
      kernel: { syscall: 'execve', comm: 'my pr\u00f6g' },
      attributes: { arch: 'i386', argv: ['/bin/sh', '-c', 'echo "hi there"\n'], auid: 4294967295 },
    });
    expect(event.tags).toBeUndefined();
    expect(event.attributes).not.toHaveProperty('tty');
  });

  test('an address that a call gave is no return code, and quoted text is literal', () => {
    const event = one(sample[6]);
    expect(event.kernel).toMatchObject({
      syscall: 'mmap',
      comm: 'beef',
      args: { return: '140235114496000' },
    });
    expect(event.kernel!.returnCode).toBeUndefined();
    expect(event.tags).toEqual(['red', 'writ']);
  });

  test('a record of a program is an event at once', () => {
    const reader = createFormatReader('auditd');
    expect(reader.push(sample[7])).toMatchObject([
      {
        type: 'USER_LOGIN',
        severity: 'warning',
        network: { sourceIP: '192.0.2.7' },
        attributes: { acct: '(invalid user)', addr: '192.0.2.7' },
      },
    ]);
    expect(reader.held).toBe(0);
  });

  test('a type that is not known is kept', () => {
    expect(one(sample[8])).toMatchObject({ type: 'UNKNOWN[1420]', attributes: { foo: '1' } });
  });

  test('all lines together are five events, found by auto', () => {
    const { events, formats } = read('auto', sample);
    expect(events).toHaveLength(5);
    expect(formats).toEqual([[1, 'auditd', 'type= and msg=audit(']]);
  });
});

describe('nothing of a record is lost', () => {
  const call = record('SYSCALL', '1795860000.100:7', 'arch=c000003e syscall=42 comm="c" pid=7');
  const behind = (type: string, ...fields: string[]): UnifiedEvent =>
    one(call, ...fields.map((each) => record(type, '1795860000.100:7', each)));
  const plain = one(call).attributes;

  test.each([
    ['a=1 some words', { a: '1', text: 'some words' }],
    [
      'first words a=1 between them b=2 "quoted" end',
      { a: '1', b: '2', text: 'first words between them "quoted" end' },
    ],
    ['a="x"behind, it b=2', { a: 'x', b: '2', text: 'behind, it' }],
    ['a=1 : b=2 , (c=3) }', { a: '1', b: '2', c: '3' }],
    ["lead a=1 msg='said b=2 it' end", { a: '1', b: '2', text: 'lead end', 'msg.text': 'said it' }],
    ["a=1 msg='b=2 it'", { a: '1', b: '2', text: 'it' }],
    ["text=t some words msg='more'", { 'line.text': 'some words', text: 't', 'msg.text': 'more' }],
    ['new role=x', { role: 'x', text: 'new' }],
    [
      'login pid=x old auid=4294967295 new auid=42 old ses=9 new ses=2',
      { pid: 'x', text: 'login', 'old-auid': 4294967295, auid: 42, 'old-ses': 9, ses: 2 },
    ],
  ])('words that are no fields: %s', (fields, attributes) => {
    expect(one(record('OTHER', '1795860000.100:7', fields)).attributes).toEqual(attributes);
    const { other } = behind('OTHER', fields).attributes as { other: { text?: string } };
    expect(other.text).toBe('text' in attributes ? attributes.text : undefined);
  });

  test('of what auditd looked up', () => {
    const enriched = `${call}\x1dAUID="dev" and words`;
    expect(one(enriched).attributes).toEqual({ ...plain, names: { auid: 'dev', text: 'and words' } });
    const path = behind('PATH', 'item=0 ouid=5\x1dOUID="alice" OGID="unset"', 'item=1\x1dOUID="unset"');
    expect(path.attributes!.paths).toEqual([{ item: 0, ouid: 5, names: { ouid: 'alice' } }, { item: 1 }]);
  });

  test('a line end of two characters is none of it', () => {
    const line = record('USER_LOGIN', '1795860000.100:7', 'pid=15 res=failed\r');
    expect(one(line)).toMatchObject({ severity: 'warning', attributes: { res: 'failed' } });
  });

  test.each([
    [['cwd="/a"'], '/a'],
    [
      ['cwd="/a"', 'cwd=2F62'],
      ['/a', '/b'],
    ],
    [
      ['cwd="/a"', 'cwd="/b"', 'cwd="/a"'],
      ['/a', '/b', '/a'],
    ],
    [
      ['cwd="/a"', 'cwd="/b" more=1 words'],
      ['/a', { cwd: '/b', more: '1', text: 'words' }],
    ],
    [['cwd="/a" pid=9'], { cwd: '/a', pid: '9' }],
  ])('working directories %j', (fields, cwd) => {
    expect(behind('CWD', ...fields)).toMatchObject({ kernel: { pid: 7 }, attributes: { ...plain, cwd } });
  });

  test.each([
    ['argc=2 a0="a" a1="b"', { argv: ['a', 'b'] }],
    ['argc=3 a0="a" a1="b"', { argv: ['a', 'b'], argc: '3' }],
    ['argc=1 a0_len=2 a0[0]="a" a0[1]="b"', { argv: ['ab'] }],
    ['argc=1 a0="a" more=2 words', { argv: ['a'], execve: { more: '2', text: 'words' } }],
  ])('arguments %s', (fields, attributes) => {
    expect(behind('EXECVE', fields).attributes).toEqual({ ...plain, ...attributes });
  });

  test('what a title says besides', () => {
    expect(behind('PROCTITLE', 'proctitle="a" more=1 words')).toMatchObject({
      message: 'a',
      attributes: { ...plain, proctitle: { more: '1', text: 'words' } },
    });
    expect(one(record('PROCTITLE', '1795860000.100:7', 'proctitle="a" more=1 words'))).toMatchObject({
      message: 'a',
      attributes: { more: '1', text: 'words' },
    });
  });

  test.each([
    ['PROCTITLE', 'x=1', [{ x: '1' }]],
    ['SOCKADDR', 'x=1', [{ x: '1' }]],
    ['PROCTITLE', 'proctitle="a" proctitle="b"', [{ proctitle: 'b' }]],
    ['CWD', '', undefined],
  ])('%s of %j', (type, fields, rest) => {
    const { attributes } = behind(type, fields);
    expect([attributes![type.toLowerCase()]].flat()).toEqual(rest ?? [undefined]);
  });

  test('further addresses, and what they say besides', () => {
    const [first, second] = ['02000050C00002010000000000000000', '02000051C00002020000000000000000'];
    expect(behind('SOCKADDR', `saddr=${first} more=1`, `saddr=${second}`)).toMatchObject({
      network: { destIP: '192.0.2.1', destPort: 80 },
      attributes: { ...plain, sockaddr: [{ more: '1' }, { saddr: second }] },
    });
  });

  test('a record that says nothing has no attributes', () => {
    expect(one(record('KERNEL', '1795860000.100:7', ''))).toMatchObject({
      kernel: undefined,
      attributes: undefined,
    });
  });
});

describe('records of an event', () => {
  test('may stand between those of others and come in another order', () => {
    const line = (serial: number, type: string): string =>
      record(type, `1795860000.100:${serial}`, `comm="c${serial}"`);
    const events = auditd(
      line(1, 'SYSCALL'),
      line(2, 'CWD'),
      line(1, 'CWD'),
      line(3, 'SYSCALL'),
      line(2, 'SYSCALL'),
      line(3, 'EOE'),
      line(2, 'PROCTITLE'),
      line(1, 'EOE'),
    );
    expect(events.map(({ id, kernel }) => [id.split(':')[1], kernel?.comm])).toEqual([
      ['3', 'c3'],
      ['2', 'c2'],
      ['1', 'c1'],
    ]);
  });

  test('are told apart by host, time and serial number, which starts again at 0', () => {
    const lines = [
      record('SYSCALL', '1795860000.100:4294967295', 'pid=1'),
      record('SYSCALL', '1795860000.100:0', 'pid=2'),
      `node=a ${record('SYSCALL', '1795860000.100:0', 'pid=3')}`,
      record('SYSCALL', '1795860000.101:0', 'pid=4'),
    ];
    const events = auditd(...lines);
    expect(events.map(({ kernel }) => kernel?.pid).sort()).toEqual([1, 2, 3, 4]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(4);
    expect(events.find(({ kernel }) => kernel?.pid === 3)).toMatchObject({
      id: 'a:1795860000.100:0',
      entity: { type: 'host', name: 'a' },
    });
  });

  test('are waited for until the log is two seconds further', () => {
    const reader = createFormatReader('auditd');
    expect(reader.push(record('SYSCALL', '1795860000.000:1', 'pid=1'))).toEqual([]);
    expect(reader.push(record('SYSCALL', '1795860001.999:2', 'pid=2'))).toEqual([]);
    expect(reader.held).toBe(2);
    expect(reader.push(record('SYSCALL', '1795860002.000:3', 'pid=3'))).toMatchObject([
      { kernel: { pid: 1 } },
    ]);
    expect(reader.held).toBe(2);
    expect(reader.idle()).toEqual([]);
    expect(reader.end()).toHaveLength(2);
  });

  test('are not waited for without bound', () => {
    const reader = createFormatReader('auditd');
    const early: UnifiedEvent[] = [];
    for (let i = 0; i < 5000; i++)
      early.push(...reader.push(record('SYSCALL', `1795860000.000:${i}`, 'pid=1')));
    expect(early.length).toBeGreaterThan(3900);
    expect(reader.held).toBeLessThan(1100);
    // However large each of them is.
    const large = createFormatReader('auditd');
    for (let i = 0; i < 60; i++)
      large.push(record('SYSCALL', `1795860000.000:${i}`, `key="${'x'.repeat(1 << 20)}"`));
    expect(large.held).toBeLessThan(20);
    expect(early.length + reader.end().length).toBe(5000);
  });

  test(`in any order give the same events (seed ${seed})`, () => {
    const random = randomness(seed);
    const lines = Array.from({ length: 50 }, (_, serial) =>
      ['SYSCALL', 'CWD', 'PATH'].map((type) =>
        record(type, `1795860000.000:${serial}`, `item=0 pid=${serial} name="n"`),
      ),
    ).flat();
    const shuffled = lines.map((line) => ({ line, at: random() })).sort((a, b) => a.at - b.at);
    const byId = (events: UnifiedEvent[]): Map<string, unknown> =>
      new Map(events.map((event) => [event.id, event.kernel]));
    expect(byId(auditd(...shuffled.map(({ line }) => line)))).toEqual(byId(auditd(...lines)));
  });
});

describe('values', () => {
  test('of another host: its name is that of the entity', () => {
    expect(one(`node=web-1 ${sample[6]}`)).toMatchObject({
      id: 'web-1:1795860001.500:4103',
      entity: { name: 'web-1' },
    });
  });

  test('an old record without the colon, and one with it', () => {
    for (const colon of ['', ':']) {
      expect(
        one(`type=DAEMON_START msg=audit(1795860000.123:7)${colon} auditd start, ver=1.8 pid=42 res=success`),
      ).toMatchObject({
        type: 'DAEMON_START',
        severity: 'info',
        kernel: { pid: 42 },
        attributes: { ver: '1.8', res: 'success' },
      });
    }
  });

  test('the old form of a message of a program', () => {
    expect(
      one(
        record(
          'USER_AUTH',
          '1795860000.123:7',
          `user pid=5 uid=0 auid=1000 msg='PAM: authentication acct=root : exe="/bin/su" (hostname=?, addr=192.0.2.7, terminal=pts/0 res=failed)'`,
        ),
      ),
    ).toMatchObject({
      severity: 'warning',
      network: { sourceIP: '192.0.2.7' },
      attributes: { acct: 'root', exe: '/bin/su', terminal: 'pts/0', res: 'failed' },
    });
  });

  test.each([
    ['arch=c00000b7 syscall=56', 'openat'],
    ['arch=c000003e syscall=59', 'execve'],
    ['arch=40000003 syscall=5', 'open'],
    ['arch=c0000015 syscall=5', undefined],
    ['syscall=5', undefined],
    ['arch=c000003e syscall=99999', undefined],
    ['arch=c000003e syscall=257\x1dARCH=x86_64 SYSCALL=openat2', 'openat2'],
    ['arch=c0000015 syscall=5\x1dARCH=ppc64le SYSCALL=open', 'open'],
  ])('%j is the call %s', (fields, name) => {
    const event = syscall(
      `${fields.split('\x1d')[0]} pid=1${fields.includes('\x1d') ? `\x1d${fields.split('\x1d')[1]}` : ''}`,
    );
    expect(event.kernel?.syscall).toBe(name);
  });

  test.each([
    ['02001F90C00002070000000000000000', { destIP: '192.0.2.7', destPort: 8080, direction: 'egress' }],
    [
      '0A0001BB0000000020010DB8000000000000000000000001FFFFFFFF',
      { destIP: '2001:db8::1', destPort: 443, direction: 'egress' },
    ],
    ['0A0001BB0000000000000000000000000000FFFFC000020700000000', { destIP: '::ffff:192.0.2.7' }],
    ['0A0001BB0000000000000000000000000000000000000001', { destIP: '::1' }],
  ])('the socket address %s', (saddr, network) => {
    const stamp = '1795860000.123:1';
    const event = one(
      record('SYSCALL', stamp, 'arch=c000003e syscall=42'),
      record('SOCKADDR', stamp, `saddr=${saddr}`),
    );
    expect(event.network).toMatchObject(network);
  });

  test('the address of who was accepted is where it comes from; one of a unix socket is a path', () => {
    const stamp = '1795860000.123:1';
    const accept = record('SYSCALL', stamp, 'arch=c000003e syscall=288 exit=5');
    expect(one(accept, record('SOCKADDR', stamp, 'saddr=02001F90C0000207'))).toMatchObject({
      network: { sourceIP: '192.0.2.7', sourcePort: 8080, direction: 'ingress' },
    });
    const unix = `0100${Buffer.from('/run/x.sock').toString('hex').toUpperCase()}0000`;
    expect(
      one(accept, record('SOCKADDR', stamp, `saddr=${unix}\x1dSADDR={ saddr_fam=local path=/run/x.sock }`)),
    ).toMatchObject({
      kernel: { args: { path: '/run/x.sock' } },
    });
  });

  test.each<[string, string[], string[]]>([
    [
      'in the next record',
      ['argc=3 a0="sh" a1_len=8 a1[0]=61C3', 'a1[1]=A462 a2="x"'],
      ['sh', 'a\u00e4b', 'x'],
    ],
    ['in one record', ['argc=2 a0="sh" a1_len=8 a1[0]=61C3 a1[1]=A462'], ['sh', 'a\u00e4b']],
    ['of plain text', ['argc=1 a0_len=6 a0[0]="aaa"', 'a0[1]="bbb"'], ['aaabbb']],
    ['of plain text in one record', ['argc=1 a0_len=6 a0[0]="aaa" a0[1]="bbb"'], ['aaabbb']],
    ['some plain, some not', ['argc=1 a0_len=6 a0[0]="beef" a0[1]=0A', 'a0[2]="41"'], ['beef\n41']],
    [
      'two of them over three records',
      ['argc=3 a0="sh" a1_len=4 a1[0]="aa"', 'a1[1]="bb" a2_len=4 a2[0]="cc"', 'a2[1]="dd"'],
      ['sh', 'aabb', 'ccdd'],
    ],
  ])('a long argument in parts is one: %s', (_, execve, argv) => {
    const stamp = '1795860000.123:1';
    const records = execve.map((fields) => record('EXECVE', stamp, fields));
    const call = record('SYSCALL', stamp, 'arch=c000003e syscall=59 success=yes');
    expect(one(call, ...records).attributes).toMatchObject({ argv });
    expect(one(...records, record('PROCTITLE', stamp, 'proctitle="sh"')).attributes).toMatchObject({ argv });
  });

  test('further records are kept under their type, several as a list', () => {
    const stamp = '1795860000.123:1';
    const event = one(
      record('AVC', stamp, 'avc:  denied  { read } for  pid=1 comm="x" name="shadow"'),
      record('SYSCALL', stamp, 'arch=c000003e syscall=2 success=no exit=-13 comm="x"'),
      record('PATH', stamp, 'item=0 name="/a"'),
      record('PATH', stamp, 'item=1 name=(null)'),
    );
    expect(event).toMatchObject({
      type: 'SYSCALL',
      attributes: { avc: { name: 'shadow' }, paths: [{ item: 0, name: '/a' }, { item: 1 }] },
    });
  });
});

test('what a key or a type says twice is kept as in an object', () => {
  const stamp = '1795860000.123:1';
  const event = one(
    record('SYSCALL', stamp, 'syscall=5 auid=1 avc=2 auid=003 odd=1 odd=2'),
    record('AVC', stamp, 'name="a" name="b"'),
    record('SYSCALL', stamp, 'syscall=6'),
    record('CWD', stamp, '__proto__=1 auid=4'),
    record('EXECVE', stamp, 'argc=0'),
  );
  expect(Object.getPrototypeOf(event.attributes)).toBe(Object.prototype);
  expect(JSON.parse(JSON.stringify(event.attributes))).toEqual(
    JSON.parse(
      '{"syscall":["5",{"syscall":"6"}],"auid":3,"odd":"2","avc":["2",{"name":"b"}],"cwd":{"__proto__":"1","auid":4},"argv":[]}',
    ),
  );
});

test('a quote that is not closed ends with the fields', () => {
  expect(syscall('comm="cat exe=\x1dUID="root"')).toMatchObject({
    kernel: { comm: 'cat exe=' },
    attributes: { names: { uid: 'root' } },
  });
  expect(one(record('USER_CMD', '1795860000.123:1', `msg='cmd="ls'`)).attributes).toEqual({ cmd: 'ls' });
});

test('what is no record is skipped with a reason', () => {
  const { events, skips } = read('auditd', [
    'type=SYSCALL msg=? arch=c000003e',
    '----',
    'type=SYSCALL msg=audit(11/28/2026 10:00:00.123:4101) : arch=x86_64',
    record('SYSCALL', '999999999999.999:1', 'pid=1'),
    'type=SYSCALL msg=audit(1795860000.123:1):',
  ]);
  expect(events).toHaveLength(1);
  expect(skips.map(([line]) => line)).toEqual([1, 2, 3, 4]);
});

test('keys that mean something to JavaScript are keys', () => {
  const event = syscall('__proto__=1 constructor=2 toString="3"');
  expect(JSON.parse(JSON.stringify(event.attributes))).toEqual(
    JSON.parse('{"__proto__":"1","constructor":"2","toString":"3"}'),
  );
  expect(({} as Record<string, unknown>)['1']).toBeUndefined();
});

test.each([
  '='.repeat(200_000),
  ' '.repeat(200_000),
  `${'a'.repeat(200_000)}=`,
  "msg='".repeat(40_000),
  'a="'.repeat(60_000),
])('a line of much of the same takes no long time (%#)', (fields) => {
  expect(syscall(fields).type).toBe('SYSCALL');
});
