/**
 * What must work in every runtime and on every platform, with the installed package:
 *
 *   RUNTIME runtime.mjs SCENARIO
 *
 * prints `ok` and what was seen, or the error, and ends by itself, with 0.
 */
import assert from 'node:assert';
import process from 'node:process';
import { Worker, isMainThread, workerData } from 'node:worker_threads';
import {
  EventBuffer,
  PerCPUEventBuffer,
  RingBuffer,
  TapioError,
  createEvent,
  recommendSizing,
} from '@tapio/performance';

const EVENTS = 100_000;
const ROUNDS = 8;
const RATE = 165_000;
const SECONDS = 2;

const event = (pid) => createEvent({ type: 'exec', source: 'runtime', kernel: { pid } });
/** A worker that runs a part below, with a ring in which it can say something. */
function start(part, buffer, extra) {
  const said = new RingBuffer(8);
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { part, buffer: buffer.handle, said: said.handle, extra },
  });
  const exit = new Promise((resolve, reject) => {
    worker.on('exit', resolve);
    worker.on('error', reject);
  });
  return { worker, exit, said };
}

const parts = {
  flood(buffer) {
    const events = EventBuffer.attach(buffer);
    for (let pid = 1; pid <= EVENTS; pid++) events.put(event(pid));
    events.close();
  },
  /** At a steady rate, or as near to it as this machine comes. */
  paced(buffer) {
    const events = EventBuffer.attach(buffer);
    const clock = new Int32Array(new SharedArrayBuffer(4));
    const since = performance.now();
    for (let pid = 1; pid <= RATE * SECONDS; pid++) {
      while ((performance.now() - since) * RATE < pid * 1000) Atomics.wait(clock, 0, 0, 1);
      events.put(event(pid));
    }
    events.close();
  },
  echo(buffer, said) {
    const from = EventBuffer.attach(buffer);
    const to = RingBuffer.attach(said);
    to.put(new Uint8Array(1));
    while (from.waitSync()) to.put(new Uint8Array([from.get().kernel.pid]));
    to.close();
  },
  /** Waits for what never comes, and is terminated. */
  async sleep(buffer, said, blocking) {
    const events = EventBuffer.attach(buffer);
    RingBuffer.attach(said).put(new Uint8Array(1));
    if (blocking) events.waitSync();
    else await events.ready();
  },
};

/** Every event of a part once and in order, read in place by a consumer that sleeps. Returns seconds. */
async function consumed(part, count) {
  const buffer = new EventBuffer(4096, { onFull: 'block' });
  const { exit } = start(part, buffer);
  let next = 1;
  const since = performance.now();
  try {
    for (;;) {
      await buffer.ready();
      buffer.consume((view) => assert.equal(view.kernel.pid, next++));
    }
  } catch (error) {
    assert.equal(error.code, 'ERR_BUFFER_CLOSED');
  }
  assert.equal(next - 1, count);
  const seconds = (performance.now() - since) / 1000;
  await exit;
  return seconds;
}

const scenarios = {
  async flood() {
    return `${EVENTS} events, ${Math.round(EVENTS / (await consumed('flood', EVENTS)))}/s`;
  },

  /** Measures, no more: CPU time of all threads, that of the start included. */
  async steady() {
    const before = process.cpuUsage();
    const seconds = await consumed('paced', RATE * SECONDS);
    const { user, system } = process.cpuUsage(before);
    const share = Math.round((user + system) / seconds / 1e4);
    return `${Math.round((RATE * SECONDS) / seconds)}/s for ${share} % of a core`;
  },

  async batches() {
    const buffer = new PerCPUEventBuffer();
    for (let pid = 0; pid < 100; pid++) buffer.put(event(pid));
    setTimeout(() => {
      for (let pid = 100; pid < 200; pid++) buffer.put(event(pid));
      buffer.close();
    });
    let seen = 0;
    for await (const batch of buffer.batches()) seen += batch.length;
    assert.equal(seen, 200);
    return `${seen} events`;
  },

  /** A thread that blocks, and one that awaits, wake each other: the median of what there and back takes. */
  async waits() {
    const buffer = new EventBuffer(16, { wakeIntervalMicros: 0 });
    const { exit, said } = start('echo', buffer);
    await said.ready();
    said.get();
    const micros = [];
    for (let i = 0; i < 200; i++) {
      const since = performance.now();
      buffer.put(event(i));
      await said.ready();
      micros.push((performance.now() - since) * 1000);
      assert.deepEqual([...said.get()], [i]);
    }
    buffer.close();
    await assert.rejects(said.ready(), { code: 'ERR_BUFFER_CLOSED' });
    await exit;
    return `${Math.round(micros.sort((a, b) => a - b)[100])} us there and back`;
  },

  async aborts() {
    const buffer = new RingBuffer(16);
    const reason = new Error('enough');
    const stop = new AbortController();
    const wait = buffer.ready({ signal: stop.signal });
    setTimeout(() => stop.abort(reason), 5);
    await assert.rejects(wait, reason);
    assert.equal(buffer.waitSync(5), false);
    return 'by signal and by time';
  },

  /** The buffer is whole afterwards, and nobody waits for the dead. */
  async terminate() {
    const buffer = new EventBuffer(16);
    for (let round = 0; round < ROUNDS; round++) {
      const { worker, exit, said } = start('sleep', buffer, round % 2 === 1);
      await said.ready();
      // Most often it waits by then.
      await new Promise((resolve) => setTimeout(resolve, 2 * round));
      await worker.terminate();
      await exit;
    }
    for (let pid = 0; pid < 16; pid++) buffer.put(event(pid));
    assert.throws(() => buffer.put(event(16)), TapioError);
    for (let pid = 0; pid < 16; pid++) assert.equal(buffer.get().kernel.pid, pid);
    return `${ROUNDS} workers`;
  },

  /** Where the runtime permits no question about the machine, too. */
  async sizing() {
    const { capacity, workers } = recommendSizing('kubernetes');
    assert(capacity > 0 && workers > 0);
    return `${capacity} slots`;
  },

  /** An open buffer keeps no process alive, also one that has been waited for. */
  async idle() {
    const buffer = new EventBuffer(16);
    setTimeout(() => buffer.put(event(1)), 5);
    await buffer.ready();
    buffer.get();
    globalThis.kept = buffer;
    return 'ends while a buffer is open';
  },
};

if (isMainThread) {
  console.log(`ok ${await scenarios[process.argv[2]]()}`);
} else {
  const { part, buffer, said, extra } = workerData;
  await parts[part](buffer, said, extra);
}
