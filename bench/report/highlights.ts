/** README.md: the rows of the peers that tell most, as tables between two marks. */
import { bestPeer, type ContenderResult, provenance, type RowResult, timesAsFast } from '../measure/result';
import { readAllResults } from '../measure/results-file';
import { spreadOf } from '../measure/spread';
import { putBetweenMarks } from './between-marks';
import { markdownTable } from './markdown-table';

interface Highlight {
  readonly work: string;
  /** The row's name. */
  readonly row: string;
  readonly ours: string;
  /** Names of contenders that are told whether or not one of them is the fastest, which always is. */
  readonly peers: readonly string[];
}

/** What README.md calls contenders, where not by their names. */
const LABELS: Readonly<Record<string, string>> = {
  'msgpackr, shared structures': 'msgpackr with shared structures',
  'MPMC ring by hand, Atomics': 'MPMC ring with Atomics',
};

const CODECS = ['bebop', 'codec by hand'];
const RING_AND_CODEC = ['SPSC ring and codec by hand'];
const DISRUPTOR = 'shared-memory-disruptor';
const MPMC = 'MPMC ring by hand, Atomics';

const HIGHLIGHTS: readonly Highlight[] = [
  {
    work: 'full event, object in and out, one thread',
    row: 'full-object',
    ours: 'EventBuffer put + get',
    peers: ['msgpackr, shared structures', 'codec by hand'],
  },
  {
    work: 'kernel event, object in and out, one thread',
    row: 'kernel-object',
    ours: 'EventBuffer put + get',
    peers: CODECS,
  },
  {
    work: 'the same in batches of 64',
    row: 'kernel-object',
    ours: 'EventBuffer putBatch of 64 + drainTo',
    peers: CODECS,
  },
  {
    work: 'kernel event, three fields read, one thread, in batches',
    row: 'kernel-view',
    ours: 'EventBuffer putBatch of 64 + consume',
    peers: CODECS,
  },
  {
    work: 'full event between two threads',
    row: 'full-cross',
    ours: 'EventBuffer tryPut + drainTo',
    peers: RING_AND_CODEC,
  },
  {
    work: 'kernel event between two threads',
    row: 'kernel-cross',
    ours: 'EventBuffer tryPut + drainTo',
    peers: RING_AND_CODEC,
  },
  {
    work: 'the same, put in batches of 64',
    row: 'kernel-cross',
    ours: 'EventBuffer putBatch of 64 + drainTo',
    peers: RING_AND_CODEC,
  },
  {
    work: 'raw record of 256 B, one thread',
    row: 'raw-one-thread',
    ours: 'RingBuffer tryPut + tryGetInto',
    peers: [MPMC],
  },
  {
    work: 'raw record of 64 B between two threads',
    row: 'raw-64-single',
    ours: 'RingBuffer tryPut + tryGetInto',
    peers: [DISRUPTOR, MPMC],
  },
  {
    work: 'the same, 64 at a time',
    row: 'raw-64-batch',
    ours: 'RingBuffer putBatchFrom + getBatchInto',
    peers: [DISRUPTOR, 'ringbuf.js (SPSC)'],
  },
  {
    work: 'raw record of 256 B between two threads, 64 at a time',
    row: 'raw-256-batch',
    ours: 'RingBuffer putBatchFrom + getBatchInto',
    peers: [DISRUPTOR],
  },
];

/** Of the row `waiting`: contenders, and what README.md calls them. */
const WAITING = {
  'EventBuffer, wakeIntervalMicros 0, views': 'ours, woken for each event (`wakeIntervalMicros: 0`)',
  'EventBuffer, wakeIntervalMicros 100, views': 'ours, as it comes (100)',
  'EventBuffer, wakeIntervalMicros 200, views': 'ours, 200',
  'SPSC ring by hand, an eventfd': 'a ring for two threads, woken by an eventfd from an addon of one page',
  'SPSC ring by hand, Atomics.waitAsync': 'a ring with `Atomics.waitAsync`',
  'SPSC ring by hand, polling': 'a ring that is polled',
  'messages of 64 events, packed by hand': 'messages of 64 events, packed by hand',
};

/** Puts figures of the latest `npm run bench:peers` into README.md. Returns its path; undefined: not all of its rows were run. */
export function writeHighlights(): string | undefined {
  const peers = readAllResults().find(({ results }) => results.suite === 'peers')?.results;
  const rowOf = (name: string): RowResult | undefined => peers?.rows.find((row) => row.name === name);
  const [waiting, unpaced] = [rowOf('waiting'), rowOf('waiting-unpaced')];
  const rows = HIGHLIGHTS.map(({ row }) => rowOf(row));
  if (peers === undefined || waiting === undefined || unpaced === undefined || rows.includes(undefined))
    return undefined;
  const part = [
    provenance(peers),
    markdownTable(
      ['work', 'ours', 'what a Node user has today', 'times as fast'],
      HIGHLIGHTS.map((highlight, i) => lineOf(highlight, rows[i]!)),
    ),
    markdownTable(
      ['165,000 small events/s, one consumer that sleeps', 'p50', "consumer's thread"],
      Object.entries(WAITING).map(([name, label]) => {
        const { p50, consumer } = contenderOf(waiting, name).paced!;
        return [label, `${short(p50.median)} us`, `${Math.round(consumer.median)} % of a core`];
      }),
    ),
    unpacedText(unpaced),
  ];
  return putBetweenMarks('README.md', 'figures', part.join('\n\n'));
}

function lineOf({ work, ours, peers }: Highlight, row: RowResult): string[] {
  const one = contenderOf(row, ours);
  const others = [...new Set([...peers.map((name) => contenderOf(row, name)), bestPeer(row)!])];
  return [
    work,
    `${time(one)} ns`,
    others.map((other) => `${LABELS[other.name] ?? other.name} ${time(other)}`).join(', '),
    others.map((other) => spreadOf(timesAsFast(one, other)).median.toPrecision(2)).join(', '),
  ];
}

function unpacedText(row: RowResult): string {
  const of = (name: string): string => time(contenderOf(row, name));
  const ours = 'EventBuffer, wakeIntervalMicros 100, views';
  return `As fast as they can, such events take ${of(ours)} ns each, ${of(`${ours}, batches of 64`)} in batches of 64, through a
consumer that sleeps; a polled ring in JavaScript takes ${of('SPSC ring by hand, polling')}, and ${of(
    'SPSC ring by hand, polling, 64 published at a time',
  )} if it publishes 64 at a time.`;
}

function contenderOf(row: RowResult, name: string): ContenderResult {
  const found = row.contenders.find((contender) => contender.name === name);
  if (found === undefined) throw new Error(`${row.name} has no "${name}"`);
  return found;
}

function time({ ns }: ContenderResult): string {
  return Math.round(ns.median).toLocaleString('en-US');
}

function short(value: number): string {
  return value < 10 ? value.toPrecision(2) : String(Math.round(value));
}
