/** All rows of `npm run bench:peers`, in the order they run. */
import { allocations } from '../contenders/allocations';
import { bytesOut } from '../contenders/bytes-out';
import { endToEnd } from '../contenders/end-to-end';
import { enriched } from '../contenders/enriched';
import { full, expectedSum, kernel, mid } from '../contenders/events';
import { eventsAcrossThreads } from '../contenders/events-cross-thread';
import { asObject, asView } from '../contenders/events-one-thread';
import { hundred } from '../contenders/hundred';
import { inPlace } from '../contenders/in-place';
import { lives } from '../contenders/lives';
import { objects, slices } from '../contenders/pools';
import { acrossThreads, inOneThread } from '../contenders/raw';
import { takeOne } from '../contenders/take-one';
import { waiting, waitingUnpaced } from '../contenders/waiting';
import type {
  CrossThreadContender,
  CrossThreadRow,
  OneThreadContender,
  OneThreadRow,
  Row,
  Target,
} from '../measure/row';

const RATE = 165_000;
/** It knows one shape alone and checks nothing: shown, and no package that a user could take instead. */
const BY_HAND = 'codec by hand';
/** Safe for one producer and one consumer alone. */
const SPSC = '(SPSC)';
const ONE_BY_ONE = 'EventBuffer put + get';
const IN_BATCHES = 'EventBuffer putBatch of 64 + drainTo';
const each = (count: number): number => count;
const fullSum = expectedSum(full);
const kernelSum = expectedSum(kernel);
const midSum = expectedSum(mid);

function oneThread(
  name: string,
  title: string,
  contenders: readonly OneThreadContender[],
  expected: (count: number) => number,
  targets: readonly Target[],
): OneThreadRow {
  return { kind: 'one-thread', name, title, contenders, expected, targets };
}

function crossThread(
  name: string,
  title: string,
  contenders: readonly CrossThreadContender[],
  expected: (count: number) => number,
  targets: readonly Target[] = [],
): CrossThreadRow {
  return { kind: 'cross-thread', name, title, contenders, expected, targets };
}

export const rows: readonly Row[] = [
  oneThread('full-object', 'Full event, object in and object out, one thread', asObject(full), fullSum, [
    { times: 3.5, of: ONE_BY_ONE, without: BY_HAND },
    { times: 3.5, of: IN_BATCHES, without: BY_HAND },
  ]),
  oneThread('full-view', 'Full event, object in, three fields read, one thread', asView(full), fullSum, [
    { times: 6, without: BY_HAND },
  ]),
  oneThread('mid-object', 'Mid-size event, object in and object out, one thread', asObject(mid), midSum, [
    { times: 3.5, of: ONE_BY_ONE },
    { times: 3.5, of: IN_BATCHES },
  ]),
  oneThread('mid-view', 'Mid-size event, object in, three fields read, one thread', asView(mid), midSum, [
    { times: 5.5 },
  ]),
  oneThread(
    'kernel-object',
    'Kernel event, object in and object out, one thread',
    asObject(kernel),
    kernelSum,
    [
      { times: 4, of: ONE_BY_ONE, without: BY_HAND },
      { times: 4, of: IN_BATCHES, without: BY_HAND },
    ],
  ),
  oneThread(
    'kernel-view',
    'Kernel event, object in, three fields read, one thread',
    asView(kernel),
    kernelSum,
    [{ times: 7, without: BY_HAND }],
  ),
  oneThread('in-place', 'Three fields of a waiting kernel event, read in place', inPlace, kernelSum, []),
  oneThread('hundred', 'Take 100 kernel events through a callback, one field read', hundred, each, [
    { hundredBeyond: 612, of: hundred[0].name, peer: hundred[1].name },
  ]),
  oneThread('take-one', 'One waiting kernel event, three fields read', takeOne, kernelSum, [
    { times: 2, of: takeOne[0].name, peer: takeOne[1].name },
  ]),
  oneThread('pool-objects', 'Object pool, get + put', objects, each, [
    { ns: 12, of: 'ObjectPool' },
    { ns: 12, of: 'UnifiedEventPool' },
  ]),
  oneThread('pool-slices', 'Pool of slices of 4 KiB, get + put', slices, each, [{ ns: 15 }]),
  oneThread(
    'allocations',
    'Calls that allocate nothing',
    allocations,
    each,
    allocations.map(({ name }) => ({ bytes: 0, of: name })),
  ),
  oneThread('lives', 'Instances that come and go', lives, each, []),
  oneThread('enriched', 'A new kernel event, completed and put', enriched, each, []),
  oneThread('bytes-out', 'Bytes out in arrays of their own, one thread', bytesOut, each, []),
  oneThread('raw-one-thread', 'Raw record of 256 B, put and taken in one thread', inOneThread(256), each, [
    { times: 2.5 },
  ]),
  crossThread(
    'raw-64-batch',
    'Raw records of 64 B between two threads, 64 at a time',
    acrossThreads(64, true),
    each,
    [{ times: 2 }, { times: 2, without: SPSC }],
  ),
  crossThread(
    'raw-256-batch',
    'Raw records of 256 B between two threads, 64 at a time',
    acrossThreads(256, true),
    each,
    [{ times: 2 }, { times: 2, without: SPSC }],
  ),
  crossThread(
    'raw-64-single',
    'Raw records of 64 B between two threads, one by one',
    acrossThreads(64, false),
    each,
    [{ times: 5, peer: 'shared-memory-disruptor' }],
  ),
  crossThread(
    'raw-256-single',
    'Raw records of 256 B between two threads, one by one',
    acrossThreads(256, false),
    each,
    [{ times: 5, peer: 'shared-memory-disruptor' }],
  ),
  crossThread(
    'full-cross',
    'Full event, object in and object out, two threads',
    eventsAcrossThreads(full),
    fullSum,
    [{ times: 3.5, of: 'EventBuffer tryPut + drainTo' }],
  ),
  crossThread(
    'mid-cross',
    'Mid-size event, object in and object out, two threads',
    eventsAcrossThreads(mid),
    midSum,
    [{ times: 3.5, of: 'EventBuffer tryPut + drainTo' }],
  ),
  crossThread(
    'kernel-cross',
    'Kernel event, object in and object out, two threads',
    eventsAcrossThreads(kernel),
    kernelSum,
    [
      { times: 4, of: 'EventBuffer tryPut + drainTo' },
      { times: 4, of: IN_BATCHES },
    ],
  ),
  crossThread(
    'waiting-unpaced',
    'Small events as fast as they can, one consumer that sleeps',
    Object.values(waitingUnpaced),
    kernelSum,
    [
      { times: 2, of: waitingUnpaced.byDefault.name, peer: waitingUnpaced.polling.name },
      { times: 2, of: waitingUnpaced.inBatches.name, peer: waitingUnpaced.polling.name },
      { times: 2, of: waitingUnpaced.inBatches.name, peer: waitingUnpaced.pollingInBatches.name },
    ],
  ),
  {
    kind: 'paced',
    name: 'waiting',
    title: `${RATE} small events/s, one consumer that sleeps`,
    contenders: Object.values(waiting),
    rate: RATE,
    producerSleeps: false,
    expected: kernelSum,
    targets: [
      { of: waiting.unmoderated.name, p50: 25, consumer: 50 },
      { of: waiting.byDefault.name, p50: 100, consumer: 25 },
      { of: waiting.moderated.name, p50: 150, consumer: 18 },
      { of: waiting.objects.name, p50: 100, consumer: 35 },
    ],
  },
  {
    kind: 'paced',
    name: 'end-to-end',
    title: `${RATE} full events/s, object in and object out: CPU of both threads`,
    contenders: endToEnd,
    rate: RATE,
    producerSleeps: true,
    expected: fullSum,
    targets: [{ timesLessCpu: 2, of: endToEnd[0].name }],
  },
];
