/** What the threads of `npm run bench:scaling` do: some put kernel events, some take them through a callback. */
import { type BufferHandle, EventBuffer, type EventView, PerCPUEventBuffer } from '@tapio/performance';
import { kernel, VARIETY } from '../contenders/events';

const CAPACITY = 16384;
const PER_CPU_BYTES = 4 << 20;

export interface Shape {
  readonly name: string;
  make(): EventBuffer | PerCPUEventBuffer;
  attach(handle: BufferHandle): EventBuffer | PerCPUEventBuffer;
}

export const shapes: readonly Shape[] = [
  {
    name: 'EventBuffer',
    make: () => new EventBuffer(CAPACITY),
    attach: (handle) => EventBuffer.attach(handle),
  },
  {
    name: 'PerCPUEventBuffer',
    make: () => new PerCPUEventBuffer({ bufferSizePerCPU: PER_CPU_BYTES }),
    attach: (handle) => PerCPUEventBuffer.attach(handle),
  },
];

export interface Job {
  readonly shape: string;
  readonly handle: BufferHandle;
  readonly role: 'producer' | 'consumer';
  /** Events of a producer; of all together for a consumer. */
  readonly count: number;
  /** Events taken so far, by all consumers. */
  readonly taken: Int32Array;
}

/** Returns a sum of what was read, 0 of a producer. */
export function work({ shape, handle, role, count, taken }: Job): number {
  const buffer = shapes.find(({ name }) => name === shape)!.attach(handle);
  if (role === 'producer') {
    const events = kernel.events();
    for (let i = 0; i < count; i++) while (!buffer.tryPut(events[i % VARIETY]));
    return 0;
  }
  const sum = new Float64Array(1);
  const read = (view: EventView): void => {
    sum[0] += kernel.read(view);
  };
  while (Atomics.load(taken, 0) < count) {
    const n = buffer.consume(read, 1024);
    if (n > 0) Atomics.add(taken, 0, n);
  }
  return sum[0];
}
