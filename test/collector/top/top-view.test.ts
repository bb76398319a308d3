/* eslint-disable no-control-regex -- the control sequences of a terminal are what is looked for */
/** The view of `tapio top` as text: its size whatever the terminal, whatever the names. */
import type * as ViewModule from '../../../dist/collector/top/top-view';
import type * as CellsModule from '../../../dist/collector/text/cells';
import type * as SparklineModule from '../../../dist/collector/top/sparkline';
import { internal } from '../cli';

const { renderTop, renderTopLine } = internal<typeof ViewModule>('top/top-view');
const { padCells } = internal<typeof CellsModule>('text/cells');
const { sparkline } = internal<typeof SparklineModule>('top/sparkline');

type State = ViewModule.TopState;

const HOSTILE = [
  'a\x1b[2J\x1b]0;title\x07\x9b2J\u202eb\u2066\r\nc\u2028d\x7f',
  '東京都'.repeat(50),
  'e\u0301'.repeat(90),
  '\u{1f44d}'.repeat(300),
  'x'.repeat(100_000),
  '',
  'plain',
];
const tallies = HOSTILE.map((name, index) => ({ name, count: 10 ** index, rate: 1e6 / (index + 1) }));

const state = (changes: Partial<State> = {}, activity: Partial<State['activity']> = {}): State => ({
  address: '127.0.0.1:50051',
  activity: {
    startedAt: 1_000_000_000n,
    delivered: 12_345_678,
    dropped: 42,
    rate: 164_671,
    latency: { p50: 320, p99: 5700 },
    fill: [
      { name: 'cpu 0', ratio: 0.25 },
      { name: 'cpu 1', ratio: 0.5 },
      { name: 'overflow', ratio: 0 },
    ],
    types: tallies,
    processes: [{ name: 'nginx', count: 7, rate: 3 }],
    containers: [],
    ...activity,
  },
  rates: [1, 2, 3, 4, 5, 6, 7, 8],
  now: 84_000_000_000n,
  shown: 'all',
  sort: 'rate',
  isPaused: false,
  isUnicode: true,
  ...changes,
});

/** As many cells as a terminal takes for it: East Asian characters and emoji two, marks none. */
function cells(line: string): number {
  return [...line].reduce(
    (sum, each) =>
      sum + (/\p{Mn}/u.test(each) ? 0 : /[\u4e00-\u9fff]|\p{Emoji_Presentation}/u.test(each) ? 2 : 1),
    0,
  );
}

test.each([
  [80, 24],
  [40, 8],
  [120, 50],
  [72, 14],
  [39, 13],
  [20, 5],
  [10, 3],
  [1, 1],
])('%d x %d: exactly that size, and nothing a terminal would obey', (columns, rows) => {
  const many = Array.from({ length: 300 }, (_, cpu) => ({ name: `cpu ${cpu}`, ratio: cpu / 300 }));
  const states = [
    state(),
    state({ isPaused: true, trouble: HOSTILE[0], address: HOSTILE[0] }),
    state({ shown: 'containers', sort: 'count', isUnicode: false }),
    state({ rates: [] }, { fill: many, latency: undefined }),
    state({}, { fill: [{ name: HOSTILE[0], ratio: NaN }], rate: NaN, dropped: Infinity, types: [] }),
  ];
  for (const each of states) {
    const lines = renderTop(each, columns, rows);
    expect(lines).toHaveLength(rows);
    for (const line of lines) {
      expect(cells(line)).toBe(columns);
      expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/);
    }
  }
});

test('80 x 24 has all: figures, the fill of each CPU, three lists, and the keys', () => {
  const text = renderTop(state(), 80, 24).join('\n');
  for (const part of [
    'tapio top  127.0.0.1:50051',
    'up 1:23',
    'events/s  164,671',
    '▁▂▃▄▅▆▇█',
    'delivered 12,345,678  dropped 42  latency p50 320 us  p99 5.7 ms',
    'cpu 1    [',
    '50.0 %',
    'overflow [',
    'TYPES',
    'PROCESSES',
    'nginx',
    'CONTAINERS',
    'q quit  space pause',
    's by count',
  ])
    expect(text).toContain(part);
});

test('lists side by side have room for the names of types, and the figure they are sorted by', () => {
  const types = [{ name: 'network.connect', count: 1234, rate: 56 }];
  const row = (sort: State['sort']): string =>
    renderTop(state({ sort }, { types }), 80, 24).find((line) => line.includes('network.connect '))!;
  expect(row('rate')).toMatch(/^network\.connect +56 {2}nginx +3 /);
  expect(row('count')).toMatch(/^network\.connect +1,234 {2}nginx +7 /);
  const alone = renderTop(state({ shown: 'types' }, { types }), 80, 24);
  expect(alone.join('\n')).toMatch(/network\.connect +56 +1,234/);
});

test('40 x 8 has the figures, the fullest rings and one list', () => {
  const lines = renderTop(state({ shown: 'processes' }), 40, 8);
  const text = lines.join('\n');
  for (const part of ['164,671', 'dropped 42', 'p99 5.7 ms', 'overflow 0%  cpu 1 50%', 'PROCESSES', 'nginx'])
    expect(text).toContain(part);
});

test('20 x 24 has no bars, and each figure in a line that has room for it', () => {
  const lines = renderTop(state(), 20, 24).map((line) => line.trimEnd());
  expect(lines.slice(0, 9)).toEqual([
    ' tapio top  up 1:23',
    'events/s  164,671',
    'delivered 12.3M',
    '  dropped 42',
    'p50 320 us',
    '  p99 5.7 ms',
    '',
    'cpu 0     25.0 %',
    'cpu 1     50.0 %',
  ]);
  expect(lines.at(-1)).toBe(' q quit  space pause');
});

test('120 x 40 has three bars in a row, with their figures', () => {
  const row = renderTop(state(), 120, 40).find((line) => line.startsWith('cpu 0'))!;
  expect(row).toMatch(/^cpu 0 +\[[-#]+\] +25\.0 % +cpu 1 +\[[-#]+\] +50\.0 % +overflow \[-+\] +0\.0 % *$/);
});

test('sorts by rate or by count', () => {
  const order = (sort: State['sort']): number[] => {
    const types = [
      { name: 'often', count: 9, rate: 1 },
      { name: 'now', count: 1, rate: 9 },
    ];
    const text = renderTop(state({ sort }, { types }), 80, 24).join('\n');
    return [text.indexOf('often'), text.indexOf('now')];
  };
  expect(order('count')[0]).toBeLessThan(order('count')[1]);
  expect(order('rate')[0]).toBeGreaterThan(order('rate')[1]);
});

test('says why there is no news, and that it is paused', () => {
  const lines = renderTop(state({ trouble: 'no answer', isPaused: true }), 80, 24);
  expect(lines[0]).toContain('paused');
  expect(lines[23]).toContain('no answer; trying again');
});

test('one line for where there is no terminal', () => {
  const line = renderTopLine(state());
  expect(line).toContain(
    '1:23  164,671/s  dropped 42  peak fill 50%/0%  p50 320us p99 5.7ms  most a\\x1b[2J',
  );
  expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
  expect(renderTopLine(state({}, { types: [], latency: undefined }))).toMatch(/p50 - p99 -$/);
});

test('texts of any script have exactly the cells they are to have', () => {
  expect(padCells('abc', 5)).toBe('abc  ');
  expect(padCells('abc', 5, 'right')).toBe('  abc');
  expect(padCells('abcdef', 5)).toBe('abcd~');
  expect(padCells('東京都', 5)).toBe('東京~');
  expect(padCells('東京都', 4)).toBe('東~ ');
  expect(padCells('東', 1)).toBe('~');
  expect(padCells('abc', 0)).toBe('');
});

test('a sparkline has the largest figure at full height', () => {
  expect(sparkline([0, 0], 5, true)).toBe('▁▁');
  expect(sparkline([1, 2, 4, 8], 3, true)).toBe('▂▄█');
  expect(sparkline([0, 8], 10, false)).toBe('_#');
});
