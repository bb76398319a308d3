/**
 * Who connects to a port, from where, and whether that works: a line for each time, until Ctrl-C.
 *
 *   sudo node examples/who-connects.mjs [PORT]
 *
 * PORT: default 5432, PostgreSQL's. Needs Linux, and root or CAP_BPF and CAP_PERFMON; without them it says so and ends well.
 */
import { PerCPUEventBuffer } from '@tapio/performance';
import { KernelTracer } from '@tapio/performance/kernel';

const [port = '5432'] = process.argv.slice(2);
const target = new PerCPUEventBuffer();
const tracer = new KernelTracer({ target, events: ['connect'], filters: { ports: [Number(port)] } });
process.once('SIGINT', () => {
  tracer.stop();
  target.close(); // ends the loop below once it is drained
});
try {
  tracer.start(); // connections to other ports are left out in the kernel
  console.log(`watching port ${port}`);
  for await (const events of target.batches())
    for (const { entity, kernel, network } of events)
      console.log(
        `${JSON.stringify(kernel.comm)} (${kernel.pid}, ${entity?.name ?? 'no container'})`,
        `to ${network.destIP}: ${kernel.returnCode}`, // 0, or what went wrong as -errno
      );
} catch (error) {
  console.log(`skipped: ${error.message}`);
}
