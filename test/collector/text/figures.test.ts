/** How figures are written for people. */
import type * as FiguresModule from '../../../dist/collector/text/figures';
import { internal } from '../cli';

const { bar, clock, count, fit, fitFigures, micros } = internal<typeof FiguresModule>('text/figures');

test('figures read well', () => {
  expect(['0', '1,234,568']).toEqual([count(0), count(1234567.8)]);
  expect([micros(null), micros(4.25), micros(85.1), micros(1500), micros(25_000), micros(2_500_000)]).toEqual(
    ['-', '4.3 us', '85 us', '1.5 ms', '25 ms', '2.5 s'],
  );
  expect([clock(0), clock(83_999), clock(3_600_000)]).toEqual(['0:00', '1:23', '1:00:00']);
  expect([bar(0, 12), bar(0.001, 12), bar(0.5, 12), bar(7, 12)]).toEqual([
    '[----------]',
    '[#---------]',
    '[#####-----]',
    '[##########]',
  ]);
  expect([fit('short', 9), fit('0123456789', 9), fit('0123456789', 2)]).toEqual(['short', '012...789', '01']);
  // Two cells each, and two code units; an accent of its own has none.
  const face = '\u{1f600}';
  expect(fit(face.repeat(4), 8)).toBe(face.repeat(4));
  expect(fit(face.repeat(5), 9)).toBe(`${face}${face}...${face}`);
  expect(fit('e\u0301'.repeat(9), 9)).toBe('e\u0301'.repeat(9));
});

test.each([
  ['1234567890abcdef', '123...def'],
  ['2024-06-01T12:34:56.789Z', '202...89Z'],
  ['/var/log/20240601.ndjson', '/va...son'],
])('a name is cut by characters, digits too: %s', (name, text) => {
  expect(fit(name, 9)).toBe(text);
});

test.each([
  [25, 'p50 91.4 %, 12,345 events'],
  [24, 'p50 91.4 %, ... events'],
  [16, 'p50 ...events'],
  [3, 'p50'],
  [2, 'p'],
])(
  'what is too long loses whole figures with their units, never a part of one: %d columns',
  (width, text) => {
    expect(fitFigures('p50 91.4 %, 12,345 events', width)).toBe(text);
  },
);
