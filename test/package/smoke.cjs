/** Runs in an empty folder with only the package installed. */
const assert = require('node:assert');
const { Worker, isMainThread, workerData, parentPort } = require('node:worker_threads');
const { RingBuffer, EventBuffer, TapioError, createEvent } = require('@tapio/performance');

if (!isMainThread) {
  RingBuffer.attach(workerData).put(new Uint8Array([7]));
  parentPort.close();
} else {
  const binaries = Object.keys(require.cache).filter((file) => file.endsWith('.node'));
  assert.strictEqual(binaries.length, 1);
  assert.match(binaries[0], /prebuilds/, 'the prebuilt binary is the one that is loaded');

  const ring = new RingBuffer(8);
  ring.put(new Uint8Array([1, 2, 3]));
  assert.deepStrictEqual(Array.from(ring.get()), [1, 2, 3]);
  assert.throws(
    () => ring.get(),
    (error) => error instanceof TapioError && error.code === 'ERR_BUFFER_EMPTY',
  );

  const events = new EventBuffer(8);
  const event = createEvent({ type: 'smoke', source: 'test', message: 'Grüße' });
  events.put(event);
  assert.deepStrictEqual(events.get(), event);

  const worker = new Worker(__filename, { workerData: ring.handle });
  worker.on('error', (error) => {
    throw error;
  });
  worker.on('exit', () => {
    assert.deepStrictEqual(Array.from(ring.get()), [7]);
    import('@tapio/performance').then((module) => {
      const required = require('@tapio/performance');
      assert.deepStrictEqual(Object.keys(module).sort(), Object.keys(required).sort());
      for (const [key, value] of Object.entries(required)) assert.strictEqual(module[key], value, key);
    });
  });
}
