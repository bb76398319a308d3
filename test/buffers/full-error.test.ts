/** Messages carry the values: what was full, and of what capacity. */
import {
  EventBuffer,
  FanOut,
  PerCPUBuffer,
  PerCPUEventBuffer,
  Pipeline,
  PriorityBuffer,
  RingBuffer,
} from '@tapio/performance';
import { thrownBy } from '../support/errors';
import { numbered, range, record } from '../support/events';

const untilFull = (put: (n: number) => void): string => thrownBy(() => range(0, 1e5).forEach(put)).message;

test.each<[string, () => string, RegExp]>([
  [
    'RingBuffer',
    () => {
      const buffer = new RingBuffer(4);
      return untilFull((n) => buffer.put(record(n)));
    },
    /^this RingBuffer is full: capacity 4 slots, 4 in use$/,
  ],
  [
    'EventBuffer',
    () => {
      const buffer = new EventBuffer(4);
      return untilFull((n) => buffer.put(numbered(n)));
    },
    /^this EventBuffer is full: capacity 4 slots, 4 in use$/,
  ],
  [
    'EventBuffer whose earlier events wait',
    () => {
      const buffer = new EventBuffer(1);
      buffer.put(numbered(1));
      buffer.putAsync(numbered(2)).catch(() => undefined);
      const { message } = thrownBy(() => buffer.put(numbered(3)));
      buffer.close();
      return message;
    },
    /^this EventBuffer is full: capacity 1 slots, 1 in use; earlier events of this instance wait for room$/,
  ],
  [
    'PriorityBuffer',
    () => {
      const buffer = new PriorityBuffer({ low: 2 });
      return untilFull((n) => buffer.put(numbered(n)));
    },
    /^the level low of this PriorityBuffer is full: capacity 2 slots, 2 in use$/,
  ],
  [
    'PerCPUBuffer',
    () => {
      const buffer = new PerCPUBuffer({ slotSize: 256, bufferSizePerCPU: 512, overflowSize: 1024 });
      return untilFull((n) => buffer.write(record(n)));
    },
    /^this PerCPUBuffer is full: this CPU's ring: capacity 512 bytes, \d+ in use; overflow ring: capacity 1024 bytes, 1024 in use$/,
  ],
  [
    'PerCPUEventBuffer',
    () => {
      const buffer = new PerCPUEventBuffer({ slotSize: 512, bufferSizePerCPU: 512, overflowSize: 1024 });
      return untilFull((n) => buffer.put(numbered(n)));
    },
    /^this PerCPUEventBuffer is full: this CPU's ring: capacity 512 bytes, \d+ in use; overflow ring: capacity 1024 bytes, 1024 in use$/,
  ],
])('a full %s says of what capacity', (_name, run, expected) => expect(run()).toMatch(expected));

test('a closed buffer says which one it is', () => {
  const buffer = new EventBuffer(2);
  const other = EventBuffer.attach(buffer.handle);
  other[Symbol.dispose]();
  buffer.close();
  for (const each of [buffer, other])
    expect(thrownBy(() => each.put(numbered(1))).message).toContain(String(buffer.handle.id));
});

test('what is composed of buffers says which of them is wrong, and what it is', () => {
  const [a, b] = [new EventBuffer(2), new EventBuffer(2)];
  const message = (run: () => unknown): string => thrownBy(run).message;
  const ring = new RingBuffer(2) as unknown as EventBuffer;
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  expect(message(() => new FanOut([a, b, a]))).toBe(
    'outputs[2] must be another buffer than outputs[0], not the same',
  );
  expect(message(() => new FanOut([a, ring]))).toMatch(
    /^outputs\[1\] must be an EventBuffer, .* not a RingBuffer$/,
  );
  expect(message(() => Pipeline.from(proxy as EventBuffer))).toMatch(
    /^input must be .* not a revoked Proxy$/,
  );
  const done = Pipeline.from(a).to(() => undefined);
  expect(message(() => done.stage('late', (batch) => batch))).toContain('"late"');
  expect(message(() => new EventBuffer(2, { pool: {} as never }))).toBe(
    'pool must be a UnifiedEventPool, not an object whose get is undefined',
  );
});
