/** shared-memory-disruptor: its class, and a buffer of records for one producer and one consumer. */
import fs from 'node:fs';
import { peer } from './peers';

interface Disruptor {
  produceClaimSync(): Buffer;
  produceClaimManySync(count: number): Buffer[];
  produceCommitSync(): boolean;
  consumeNewSync(): Buffer[];
  consumeCommit(): boolean;
  release(): void;
}

type Constructor = new (
  name: string,
  elements: number,
  elementSize: number,
  consumers: number,
  consumer: number,
  initialise: boolean,
  spin: boolean,
) => Disruptor;

let made = 0;

/** Where two threads meet; made in the main thread, and initialised there. */
export interface Meeting {
  readonly name: string;
  readonly elements: number;
  readonly elementSize: number;
}

export function meet(elements: number, elementSize: number): Meeting {
  const meeting = { name: `/tapio-bench-${process.pid}-${made++}`, elements, elementSize };
  open(meeting, -1, true);
  names.push(meeting.name);
  return meeting;
}

/** The package leaves its shared memory behind. */
const names: string[] = [];
process.once('exit', () => {
  for (const name of names) fs.rmSync(`/dev/shm${name}`, { force: true });
});

export const producerOf = (meeting: Meeting): Disruptor => open(meeting, -1, false);
export const consumerOf = (meeting: Meeting): Disruptor => open(meeting, 0, false);

function open({ name, elements, elementSize }: Meeting, consumer: number, initialise: boolean): Disruptor {
  const { Disruptor } = peer<{ Disruptor: Constructor }>('shared-memory-disruptor');
  return new Disruptor(name, elements, elementSize, 1, consumer, initialise, false);
}
