/**
 * Which containers open a file, and by which program: a line for each time, until Ctrl-C.
 *
 *   sudo node examples/who-opens.mjs [PATH]
 *
 * PATH (default /etc/shadow) is the beginning of a path as programs give it; a folder ends with a slash. Needs Linux, and root or
 * CAP_BPF and CAP_PERFMON; without them it says so and ends well.
 */
import { PerCPUEventBuffer } from '@tapio/performance';
import { KernelTracer } from '@tapio/performance/kernel';

const [path = '/etc/shadow'] = process.argv.slice(2);
const target = new PerCPUEventBuffer();
const tracer = new KernelTracer({ target, events: ['open'], filters: { paths: [path] } });
process.once('SIGINT', () => {
  tracer.stop();
  target.close(); // ends the loop below once it is drained
});
try {
  tracer.start(); // all other opens are left out in the kernel
  console.log(`watching ${path}`);
  for await (const events of target.batches())
    for (const { entity, kernel } of events)
      console.log(
        entity?.name ?? 'no container',
        kernel.pid,
        JSON.stringify([kernel.comm, kernel.args.path]),
      );
} catch (error) {
  console.log(`skipped: ${error.message}`);
}
