/** The protobuf form as others write it. */
import path from 'node:path';
import { decodeBatch } from '../support/protobuf-oracle';
import { thrown } from './internals';

const dist = path.join(__dirname, '../../../dist');
const ours =
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a path outside build/
  require(`${dist}/integrations/grpc/batches`) as typeof import('../../dist/integrations/grpc/batches');

describe('a message that is not ours', () => {
  const event = (...fields: number[]): Buffer => Buffer.from([0x0a, fields.length, ...fields]);

  test('unknown fields, a known number with another type and unknown values of enumerations are skipped', () => {
    const unknown = [
      ...[0xf8, 0x7f, 0x96, 0x01], // 2047: varint
      ...[0xf9, 0x7f, 1, 2, 3, 4, 5, 6, 7, 8],
      ...[0xfa, 0x7f, 2, 9, 9],
      ...[0xfd, 0x7f, 1, 2, 3, 4],
      ...[0x08, 5], // id as a number
      ...[0x30, 99], // a severity of the future
    ];
    const bytes = Buffer.concat([Buffer.from(unknown.slice(0, 4)), event(...unknown, 0x1a, 1, 0x61)]);
    expect(ours.decodeBatch(bytes)).toEqual({
      events: [{ id: '', timestamp: 0n, type: 'a', source: '' }],
      dropped: 0,
    });
  });

  test('a section in two parts is one', () => {
    const bytes = event(0x6a, 2, 0x10, 7, 0x6a, 2, 0x18, 8);
    expect(ours.decodeBatch(bytes).events[0].kernel).toEqual({ pid: 7, tid: 8 });
    expect(decodeBatch(bytes).events[0].kernel).toEqual({ pid: 7, tid: 8 });
  });

  test.each([
    ['a length beyond its end', event(0x0a, 5, 0x61), /5 bytes at \d+, where 1 are left/],
    [
      'a number without an end',
      Buffer.concat([Buffer.from([0x0a, 12, 0x10]), Buffer.alloc(11, 0xff)]),
      /does not end/,
    ],
    ['a group', event(0x0b), /wire type 3/],
    ['the field number 0', event(0x02, 0), /number 0/],
    [
      'a timestamp before 1970',
      event(0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
      /timestamp/,
    ],
    ['text that is no UTF-8', event(0x0a, 2, 0xc3, 0x28), /id is not UTF-8/],
    ['attributes that are no JSON object', event(0xa2, 0x01, 1, 0x31), /no JSON object/],
    ['a port above 65535', event(0x72, 4, 0x18, 0x80, 0x80, 0x04), /network.sourcePort is 65536/],
    [
      'a count beyond 2^53',
      event(0x72, 9, 0x38, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
      /network.bytesSent/,
    ],
    [
      'more than 65536 events',
      Buffer.alloc(2 * 65_537).map((_, i) => (i % 2 === 0 ? 0x0a : 0)),
      /65536 events/,
    ],
  ])('%s is refused with a reason', (_, bytes, reason) => {
    const { code, message } = thrown(() => ours.decodeBatch(bytes));
    expect(code).toBe('ERR_CORRUPT_DATA');
    expect(message).toMatch(reason);
  });
});
