import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { ByteSlicePool, ObjectPool, type PoolStats } from '@tapio/performance';
import { thrownBy } from './bad-counts';

// Random sequences of calls against a plain model. SEED=<number> repeats a run, RUNS=<number> makes it longer or shorter.
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const parameters = { seed, numRuns: Number(process.env.RUNS ?? 400) };

beforeAll(() => console.log(`pools-model: SEED=${seed}`));

/** In place of expect, which takes a hundred times as long. */
function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

function checkStats(stats: object, model: object): void {
  check(
    isDeepStrictEqual(stats, model),
    `stats ${JSON.stringify(stats)}, in the model ${JSON.stringify(model)}`,
  );
}

const pick = fc.nat();

type ObjectStep =
  | { call: 'get' }
  | { call: 'put' | 'putAgain'; which: number }
  | { call: 'prewarm'; count: number }
  | { call: 'failingGet' }
  | { call: 'failingPut'; which: number };

const objectStep: fc.Arbitrary<ObjectStep> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ call: fc.constant('get' as const) }) },
  { weight: 5, arbitrary: fc.record({ call: fc.constant('put' as const), which: pick }) },
  fc.record({ call: fc.constant('putAgain' as const), which: pick }),
  fc.record({ call: fc.constant('prewarm' as const), count: fc.nat(12) }),
  fc.record({ call: fc.constant('failingGet' as const) }),
  fc.record({ call: fc.constant('failingPut' as const), which: pick }),
);

test('ObjectPool does what its model does', () => {
  const steps = fc.array(objectStep, { minLength: 50, maxLength: 120 });
  fc.assert(
    fc.property(steps, fc.nat(8), fc.boolean(), (calls, maxIdle, debug) => {
      let failing = false;
      let created = 0;
      const mayFail = () => {
        if (failing) throw new Error('planned');
      };
      const pool = new ObjectPool<{ id: number; owner: string }>({
        create: () => (mayFail(), { id: created++, owner: '' }),
        reset: (object) => (mayFail(), void (object.owner = '')),
        maxIdle,
        debug,
      });
      const out: { id: number; owner: string }[] = [];
      const back: { id: number; owner: string }[] = [];
      const model: PoolStats = { allocated: 0, recycled: 0, inUse: 0, idle: 0 };
      for (const step of calls) {
        if (step.call === 'get' || (step.call === 'failingGet' && model.idle > 0)) {
          const object = pool.get();
          check(object.owner === '', 'it is not blank');
          check(!out.includes(object), 'it has two owners');
          object.owner = 'taken';
          out.push(object);
          if (model.idle > 0) model.idle--;
          else model.allocated++;
          model.inUse++;
        } else if (step.call === 'failingGet') {
          failing = true;
          check(thrownBy(() => pool.get()).message === 'planned', 'get throws what create throws');
        } else if (step.call === 'prewarm') {
          pool.prewarm(step.count);
          const missing = Math.max(0, Math.min(step.count, maxIdle) - model.idle);
          model.allocated += missing;
          model.idle += missing;
        } else if (step.call === 'putAgain') {
          const object = back[step.which % back.length];
          if (debug && object !== undefined && !out.includes(object)) {
            check(thrownBy(() => pool.put(object)).code === 'ERR_POOL_DOUBLE_PUT', 'a double put');
          }
        } else if (out.length > 0) {
          const index = step.which % out.length;
          if (step.call === 'failingPut') {
            failing = true;
            check(thrownBy(() => pool.put(out[index])).message === 'planned', 'put throws what reset throws');
          } else {
            const [object] = out.splice(index, 1);
            pool.put(object);
            back.push(object);
            model.recycled++;
            model.inUse--;
            model.idle = Math.min(maxIdle, model.idle + 1);
          }
        }
        failing = false;
        checkStats(pool.getStats(), model);
        check(pool.outstanding().length === (debug ? model.inUse : 0), 'outstanding');
      }
    }),
    parameters,
  );
});

type SliceStep =
  | { call: 'get'; size: number }
  | { call: 'put' | 'putAgain' | 'putPart'; which: number }
  | { call: 'prewarm'; size: number; count: number };

const size = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(1, 30, 64, 65, 100, 512, 4096, 65536) },
  { weight: 1, arbitrary: fc.constantFrom(0, 65537) },
  { weight: 1, arbitrary: fc.nat(5000) },
);

const sliceStep: fc.Arbitrary<SliceStep> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ call: fc.constant('get' as const), size }) },
  { weight: 6, arbitrary: fc.record({ call: fc.constant('put' as const), which: pick }) },
  fc.record({ call: fc.constantFrom('putAgain' as const, 'putPart' as const), which: pick }),
  fc.record({ call: fc.constant('prewarm' as const), size, count: fc.nat(6) }),
);

const CLASS_SIZES = [64, 512, 4096, 65536];
const zeros = new Uint8Array(65537);

/** First and last bytes tell whose slice it is. */
function sign(slice: Uint8Array, owner: number): void {
  if (slice.length > 0) slice[0] = slice[slice.length - 1] = owner & 0xff;
}

test('ByteSlicePool does what its model does: no slice has two owners, and the stats are exact', () => {
  const steps = fc.array(sliceStep, { minLength: 50, maxLength: 120 });
  const limit = fc.constantFrom(0, 64, 600, 4096, 70_000, 1_000_000);
  fc.assert(
    fc.property(steps, limit, fc.boolean(), (calls, maxIdleBytes, zero) => {
      const pool = new ByteSlicePool({ maxIdleBytes, zero });
      const classes = CLASS_SIZES.map((one) => ({ size: one, allocated: 0, inUse: 0, idle: 0 }));
      const plain = { allocated: 0, inUse: 0 };
      let recycled = 0;
      const classOf = (bytes: number) => (bytes === 0 ? undefined : classes.find((one) => bytes <= one.size));
      const idleBytes = () => classes.reduce((sum, one) => sum + one.size * one.idle, 0);
      const out: { slice: Uint8Array; owner: number; size: number }[] = [];
      const back: Uint8Array[] = [];
      calls.forEach((step, owner) => {
        if (step.call === 'get') {
          const slice = pool.get(step.size);
          check(slice.length === step.size, 'its size');
          if (zero) check(Buffer.compare(slice, zeros.subarray(0, step.size)) === 0, 'it is not cleared');
          for (const other of out) check(!overlap(other.slice, slice), 'a slice has two owners');
          sign(slice, owner);
          out.push({ slice, owner, size: step.size });
          const home = classOf(step.size);
          if (home === undefined) plain.allocated++;
          else if (home.idle > 0) home.idle--;
          else home.allocated++;
          (home ?? plain).inUse++;
        } else if (step.call === 'prewarm') {
          pool.prewarm(step.size, step.count);
          const home = classOf(step.size);
          while (home && home.idle < step.count && idleBytes() + home.size <= maxIdleBytes) {
            home.idle++;
            home.allocated++;
          }
        } else if (step.call === 'putAgain') {
          const slice = back[step.which % back.length];
          if (slice !== undefined && !out.some((one) => one.slice === slice)) {
            check(thrownBy(() => pool.put(slice)).code === 'ERR_POOL_DOUBLE_PUT', 'a double put');
          }
        } else if (out.length > 0) {
          const index = step.which % out.length;
          const { slice, owner: signed, size: bytes } = out[index];
          if (bytes > 0)
            check(slice[0] === (signed & 0xff) && slice[bytes - 1] === slice[0], 'it was overwritten');
          if (step.call === 'putPart') {
            check(
              thrownBy(() => pool.put(slice.subarray(0))).code === 'ERR_INVALID_ARGUMENT',
              'a foreign array',
            );
          } else {
            out.splice(index, 1);
            pool.put(slice);
            back.push(slice);
            recycled++;
            const home = classOf(bytes);
            (home ?? plain).inUse--;
            if (home && idleBytes() + home.size <= maxIdleBytes) home.idle++;
          }
        }
        checkStats(pool.getStats(), {
          allocated: classes.reduce((sum, one) => sum + one.allocated, plain.allocated),
          recycled,
          inUse: out.length,
          idle: classes.reduce((sum, one) => sum + one.idle, 0),
          classes,
        });
      });
    }),
    parameters,
  );
});

function overlap(a: Uint8Array, b: Uint8Array): boolean {
  return (
    a.buffer === b.buffer && a.byteOffset < b.byteOffset + b.length && b.byteOffset < a.byteOffset + a.length
  );
}
