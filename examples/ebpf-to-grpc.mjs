/**
 * From the kernel to another machine: traces programs that start and files that are opened, finds processes that do much of it at once,
 * and publishes only that to a grpc-server.mjs. What is found is a small part of what happens, so little leaves the host.
 *
 *   npm install @grpc/grpc-js
 *   sudo node examples/ebpf-to-grpc.mjs [ADDRESS [SECONDS]]
 *
 * Needs Linux, and root or CAP_BPF and CAP_PERFMON; without them it says so and ends well.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { PerCPUEventBuffer } from '@tapio/performance';
import { Correlator } from '@tapio/performance/correlation';
import { EventClient } from '@tapio/performance/grpc';
import { KernelTracer } from '@tapio/performance/kernel';

const [address = '127.0.0.1:50051', seconds = '10'] = process.argv.slice(2);
const events = new PerCPUEventBuffer({ slotSize: 128 });
const tracer = new KernelTracer({
  target: events,
  events: ['syscall', 'exec'],
  filters: { syscalls: ['openat'] }, // the rest is left out in the kernel
});
try {
  tracer.start();
} catch (error) {
  if (error.code !== 'ERR_UNSUPPORTED') throw error;
  console.log(`skipped: ${error.message}`);
  process.exit(0);
}

console.log(`tracing for ${seconds} s`);
const client = new EventClient(address);
const correlator = new Correlator({ windowMs: 1000, burstEvents: 100 });
delay(Number(seconds) * 1000).then(() => {
  tracer.stop();
  events.close();
});

async function* found() {
  for await (const batch of events.batches({ maxCount: 1024 })) {
    const correlated = batch.flatMap((event) => correlator.observe(event));
    if (correlated.length > 0) yield correlated;
  }
}

const { accepted } = await client.publish(found());
client.close();
const { captured, lost, dropped } = tracer.getStats();
console.log(
  `${captured} captured, ${lost} lost in the kernel, ${dropped} dropped; ${accepted} found and accepted`,
);
