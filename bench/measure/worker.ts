/** A thread of one contender: the main thread starts it, and asks it to work. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { allocatedBytes } from './allocation';
import { threadCpuMs } from './cpu';
import { useBuild } from './other-build';
import { putPaced } from './pace';
import type { CrossThreadContender, OneThreadContender, Place, Row } from './row';
import { takeLatencies } from './stamps';

export type Role = 'alone' | 'producer' | 'consumer';

export interface Assignment {
  readonly row: string;
  readonly contender: Place;
  readonly role: Role;
  readonly shared?: unknown;
  readonly port?: MessagePort;
}

/** What a worker is asked to do with the items `first` to `first + count`. */
export interface Question {
  readonly ask: 'run' | 'allocate' | 'pace';
  readonly first: number;
  readonly count: number;
}

export interface Answer {
  /** Sum of what was read; 0 of a producer. */
  readonly sum: number;
  /** Milliseconds of a clock that all threads share. */
  readonly begin: number;
  readonly end: number;
  /** Milliseconds of the work alone, without what prepares it. */
  readonly work: number;
  /** Milliseconds of CPU of this thread. */
  readonly cpu: number;
  /** Microseconds from put to delivery. */
  readonly latencies: Float64Array;
  /** Bytes of garbage for one operation. */
  readonly bytes: number;
}

interface Work {
  prepare?(count: number): void;
  run(first: number, count: number): unknown;
  /** Most of one run. */
  readonly most: number;
}

const milliseconds = (): number => Number(process.hrtime.bigint()) / 1e6;
const assignment = workerData as Assignment;
if (assignment.contender.build !== undefined) useBuild(assignment.contender.build);
// eslint-disable-next-line @typescript-eslint/no-require-imports -- what it imports must be the build that was chosen
const { rows } = require('../rows/index') as typeof import('../rows/index');
const row = rows.find(({ name }) => name === assignment.row)!;
const work = workOf(row);

function workOf({ contenders }: Row): Work {
  const contender: OneThreadContender | CrossThreadContender = contenders[assignment.contender.index];
  if ('make' in contender) {
    const subject = contender.make();
    return {
      most: contender.most ?? Infinity,
      prepare: subject.prepare?.bind(subject),
      run: (_first, count) => subject.run(count),
    };
  }
  const side = { shared: assignment.shared, port: assignment.port! };
  if (assignment.role === 'producer') {
    const producer = contender.producer(side);
    return { most: Infinity, run: (first, count) => producer.put(first, count) };
  }
  const consumer = contender.consumer(side);
  return { most: Infinity, run: (first, count) => consumer.take(first, count) };
}

async function timed(first: number, count: number): Promise<Answer> {
  const cpu = threadCpuMs();
  const begin = milliseconds();
  let [sum, ms] = [0, 0];
  for (let done = 0; done < count;) {
    const part = Math.min(work.most, count - done);
    work.prepare?.(part);
    const start = milliseconds();
    const result = work.run(first + done, part);
    sum +=
      ((typeof result === 'object' ? await (result as Promise<number>) : result) as number | undefined) ?? 0;
    ms += milliseconds() - start;
    done += part;
  }
  const end = milliseconds();
  return { sum, begin, end, work: ms, cpu: threadCpuMs() - cpu, latencies: takeLatencies(), bytes: 0 };
}

async function paced(first: number, count: number): Promise<Answer> {
  if (assignment.role === 'consumer' || row.kind !== 'paced') return timed(first, count);
  const cpu = threadCpuMs();
  const begin = milliseconds();
  putPaced((at, n) => void work.run(at, n), first, count, row);
  const end = milliseconds();
  const latencies = takeLatencies();
  return { sum: 0, begin, end, work: end - begin, cpu: threadCpuMs() - cpu, latencies, bytes: 0 };
}

async function allocated(first: number, count: number): Promise<Answer> {
  let at = first;
  const bytes = await allocatedBytes(
    (n) => {
      at += n;
      return work.run(at - n, n);
    },
    Math.min(count, work.most),
    work.prepare,
  );
  return { sum: 0, begin: 0, end: 0, work: 0, cpu: 0, latencies: takeLatencies(), bytes };
}

const answers = { run: timed, pace: paced, allocate: allocated };

parentPort!.on('message', ({ ask, first, count }: Question) => {
  void answers[ask](first, count).then((answer) => parentPort!.postMessage(answer));
});
parentPort!.postMessage('ready');
