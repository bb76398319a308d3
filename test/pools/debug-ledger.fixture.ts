// Takes objects out of pools with debug, forgets one of each, and prints the warnings. Another is put back and let go,
// which is no leak. Run with --expose-gc.
import { ObjectPool, UnifiedEventPool } from '@tapio/performance';

const objects = new ObjectPool({ create: () => ({}), debug: true });
const events = new UnifiedEventPool({ debug: true });
const kept = [objects.get(), events.get()];

function forgetObject(): void {
  objects.get();
}

function forgetEvent(): void {
  events.get();
}

const full = new ObjectPool({ create: () => ({}), maxIdle: 0, debug: true });

function putBack(): WeakRef<object> {
  const object = full.get();
  full.put(object);
  return new WeakRef(object);
}

const warnings: object[] = [];
process.on('warning', (warning: Error & { code?: string; detail?: string }) => {
  const { name, code, message, detail } = warning;
  warnings.push({ name, code, message, detail });
});

const letGo = putBack();
let roundsAfter = 0;
function collect(): void {
  (globalThis as unknown as { gc: () => void }).gc();
  if (letGo.deref() === undefined && roundsAfter++ === 0) {
    // Only now, so that their warnings come after one for the object let go would have.
    forgetObject();
    forgetEvent();
  }
  if (warnings.length < 2) {
    setImmediate(collect);
    return;
  }
  const pools = [objects, events].map((pool) => ({
    stats: pool.getStats(),
    outstanding: pool.outstanding().length,
  }));
  console.log(JSON.stringify({ warnings, pools, kept: kept.length }));
}
collect();
