/** A get and the put that follows, of objects and of slices of bytes. */
import { ByteSlicePool, ObjectPool, UnifiedEventPool } from '@tapio/performance';
import type { OneThreadContender } from '../measure/row';
import { peer } from './peers';

const SLICE = 4096;

class Point {
  x = 0;
  name = '';
  next: Point | null = null;
}

function pooled<T>(
  name: string,
  ours: boolean,
  make: () => { get(): T; put(item: T): void },
  use: (item: T, i: number) => number,
): OneThreadContender {
  return {
    name,
    ours,
    make() {
      const pool = make();
      return {
        run(count) {
          let sum = 0;
          for (let i = 0; i < count; i++) {
            const item = pool.get();
            sum += use(item, i);
            pool.put(item);
          }
          return sum;
        },
      };
    },
  };
}

/** Each use counts one. */
const usePoint = (point: Point, i: number): number => {
  point.x = i;
  return point.x - i + 1;
};
const useSlice = (slice: Uint8Array, i: number): number => {
  slice[0] = i;
  return slice[0] - (i & 255) + 1;
};
const reset = (point: Point): void => {
  point.x = 0;
};

export const objects: OneThreadContender[] = [
  pooled('ObjectPool', true, () => new ObjectPool<Point>({ create: () => new Point(), reset }), usePoint),
  pooled(
    'UnifiedEventPool',
    true,
    () => new UnifiedEventPool(),
    (event) => {
      event.id = 'a';
      return event.id.length;
    },
  ),
  pooled(
    'reusify',
    false,
    () => {
      type Reusify = (constructor: typeof Point) => { get(): Point; release(point: Point): void };
      const pool = peer<Reusify>('reusify')(Point);
      return {
        get: () => pool.get(),
        put(point) {
          reset(point);
          pool.release(point);
        },
      };
    },
    usePoint,
  ),
  pooled(
    'array by hand',
    false,
    () => {
      const idle: Point[] = [];
      return {
        get: () => idle.pop() ?? new Point(),
        put(point) {
          reset(point);
          idle.push(point);
        },
      };
    },
    usePoint,
  ),
];

export const slices: OneThreadContender[] = [
  pooled(
    'ByteSlicePool 4 KiB',
    true,
    () => {
      const pool = new ByteSlicePool();
      return { get: () => pool.get(SLICE), put: (slice: Uint8Array) => pool.put(slice) };
    },
    useSlice,
  ),
  pooled(
    'array of Uint8Array by hand',
    false,
    () => {
      const idle: Uint8Array[] = [];
      return {
        get: () => idle.pop() ?? new Uint8Array(SLICE),
        put: (slice: Uint8Array) => void idle.push(slice),
      };
    },
    useSlice,
  ),
  pooled(
    'Buffer.allocUnsafe 4 KiB, no pool',
    false,
    () => ({ get: () => Buffer.allocUnsafe(SLICE), put() {} }),
    useSlice,
  ),
];
