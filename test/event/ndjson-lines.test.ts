/** Cutting bytes into lines. */
import type * as LinesModule from '../../dist/event/ndjson-lines';
import path from 'node:path';
import { randomness, seed } from './seed';

// eslint-disable-next-line @typescript-eslint/no-require-imports -- a path outside build/
const { NdjsonLines } = require(path.resolve('dist/event/ndjson-lines')) as typeof LinesModule;

describe('NdjsonLines', () => {
  test('any cut of the input gives the same lines', () => {
    console.info(`SEED=${seed}`);
    const random = randomness(seed);
    const input = Buffer.from('\ufeff{"a":1}\r\n\n  \nz\u00fcrich \u{1f600}\nlast');
    const expected = [
      { number: 1, start: 0, end: 12, text: '{"a":1}\r' },
      { number: 4, start: 16, end: 29, text: 'z\u00fcrich \u{1f600}' },
      { number: 5, start: 29, end: 33, text: 'last' },
    ];
    for (let round = 0; round < 300; round++) {
      const lines = new NdjsonLines();
      const found = [];
      for (let start = 0; start < input.length;) {
        const chunk = Buffer.from(input.subarray(start, start + Math.floor(random() * 6)));
        start += chunk.length;
        found.push(...lines.push(chunk));
        chunk.fill(0x23); // what was kept is a copy
      }
      expect([...found, ...lines.end()]).toEqual(expected);
    }
  });

  test('a line over the limit is skipped without being kept', () => {
    const lines = new NdjsonLines(8);
    expect(lines.push(Buffer.from('12345678\n123456789\nok\n'))).toEqual([
      { number: 1, start: 0, end: 9, text: '12345678' },
      { number: 2, start: 9, end: 19, text: undefined },
      { number: 3, start: 19, end: 22, text: 'ok' },
    ]);
    for (let part = 0; part < 10; part++) expect(lines.push(Buffer.from('123'))).toEqual([]);
    expect(lines.push(Buffer.from('\nend'))).toEqual([{ number: 4, start: 22, end: 53, text: undefined }]);
    expect(lines.end()).toEqual([{ number: 5, start: 53, end: 56, text: 'end' }]);
    expect(lines.end()).toEqual([]);
  });
});
