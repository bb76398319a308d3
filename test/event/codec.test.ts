import { decodeEvent, encodeEvent, type UnifiedEvent } from '@tapio/performance';
import { smallestEvent } from './arbitrary-event';
import { thrown } from './internals';

/** Version 1, little endian. */
const GOLDEN =
  '5450455601010000080706050403020162200200600000000600000002000080010000800100008044000000000000000000' +
  '000007000000000000000000000000000000feffffff00000000010000c010000000000000000000f03f0100000001000080' +
  '0100008065316b7361629221';

test('the bytes of a known event never change within a version', () => {
  const event: UnifiedEvent = {
    id: 'e1',
    timestamp: 0x0102030405060708n,
    type: 'k',
    source: 's',
    severity: 'high',
    message: '→',
    kernel: { pid: 7, returnCode: -2 },
    metrics: { value: 1, labels: { a: 'b' } },
  };
  const bytes = Buffer.alloc(256);
  const length = encodeEvent(event, bytes);
  expect(bytes.toString('hex', 0, length)).toBe(GOLDEN);
  expect(decodeEvent(Buffer.from(GOLDEN, 'hex'))).toEqual(event);
});

test('writes at an offset and nothing else', () => {
  const target = new Uint8Array(400).fill(0xee);
  const length = encodeEvent(smallestEvent(), target, 13);
  expect(target.subarray(0, 13).every((byte) => byte === 0xee)).toBe(true);
  expect(target.subarray(13 + length).every((byte) => byte === 0xee)).toBe(true);
  expect(decodeEvent(target.subarray(13, 13 + length))).toEqual(smallestEvent());
});

test('a target too small is refused and unchanged', () => {
  const needed = encodeEvent(smallestEvent(), new Uint8Array(400));
  for (let size = 0; size < needed; size++) {
    const target = new Uint8Array(size).fill(0xee);
    expect(thrown(() => encodeEvent(smallestEvent(), target)).code).toBe('ERR_INVALID_ARGUMENT');
    expect(target.every((byte) => byte === 0xee)).toBe(true);
  }
  expect(encodeEvent(smallestEvent(), new Uint8Array(needed))).toBe(needed);
});

test('bad arguments are refused', () => {
  const target = new Uint8Array(400);
  for (const offset of [-1, 0.5, NaN, 401, 2 ** 53, '0', 0n]) {
    expect(thrown(() => encodeEvent(smallestEvent(), target, offset as number)).code).toBe(
      'ERR_INVALID_ARGUMENT',
    );
  }
  for (const bad of [undefined, null, [], new ArrayBuffer(400), new Uint16Array(400)]) {
    expect(thrown(() => encodeEvent(smallestEvent(), bad as unknown as Uint8Array)).code).toBe(
      'ERR_INVALID_ARGUMENT',
    );
    expect(thrown(() => decodeEvent(bad as unknown as Uint8Array)).code).toBe('ERR_INVALID_ARGUMENT');
  }
});

test('large events work', () => {
  const event: UnifiedEvent = {
    ...smallestEvent(),
    message: 'm'.repeat(100_000) + '→',
    tags: Array.from({ length: 20_000 }, (_, i) => `tag-${i}`),
    rawData: new Uint8Array(50_000).fill(7),
  };
  const target = new Uint8Array(1 << 20);
  expect(decodeEvent(target.subarray(0, encodeEvent(event, target)))).toEqual(event);
});

test('JSON that reads as an infinity, or is nested too deep, is refused', () => {
  const marker = 'x'.repeat(3000);
  const bytes = Buffer.alloc(4000);
  const length = encodeEvent({ ...smallestEvent(), attributes: { a: marker } }, bytes);
  const place = bytes.indexOf(`"${marker}"`);
  for (const json of ['1e999', `${'['.repeat(1001)}${']'.repeat(1001)}`]) {
    bytes.write(json.padEnd(marker.length + 2), place);
    expect(thrown(() => decodeEvent(bytes.subarray(0, length))).code).toBe('ERR_CORRUPT_DATA');
  }
  bytes.write('1e300'.padEnd(marker.length + 2), place);
  expect(decodeEvent(bytes.subarray(0, length)).attributes).toEqual({ a: 1e300 });
});

test('bytes of another kind, version or byte order are refused', () => {
  const bytes = new Uint8Array(400);
  const good = bytes.subarray(0, encodeEvent(smallestEvent(), bytes));
  for (const [place, value] of [
    [0, 0],
    [4, 0],
    [4, 200],
    [5, 3],
    [6, 1],
  ] as const) {
    const changed = good.slice();
    changed[place] = value;
    expect(thrown(() => decodeEvent(changed)).code).toBe('ERR_CORRUPT_DATA');
  }
  for (let size = 0; size < 8; size++)
    expect(thrown(() => decodeEvent(good.subarray(0, size))).code).toBe('ERR_CORRUPT_DATA');
});
