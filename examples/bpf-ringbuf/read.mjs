// Reads the pinned ring buffer of probe.bpf.c as events: node read.mjs PATH. Ends with Ctrl-C.
import { EventBuffer } from '@tapio/performance';
import { BpfRingBufferSource } from '@tapio/performance/kernel';

const buffer = new EventBuffer(8192);
const source = new BpfRingBufferSource({
  path: process.argv[2],
  target: buffer,
  event: { type: 'process.exec', source: 'probe' },
  // struct record, field by field. What is no field of an event becomes a key of kernel.args.
  layout: [
    { name: 'timestamp', type: 'u64', offset: 0 },
    { name: 'pid', type: 'u32', offset: 8 },
    { name: 'parent', type: 'u32', offset: 12 },
    { name: 'uid', type: 'u32', offset: 16 },
    { name: 'arguments', type: 'u32', offset: 20 },
    { name: 'comm', type: 'char[16]', offset: 24 },
    { name: 'path', type: 'char[64]', offset: 40 },
  ],
}).start();
console.error('reading');

process.once('SIGINT', () => {
  source.stop();
  buffer.close();
});
for await (const { timestamp, kernel } of buffer) {
  console.log(JSON.stringify({ timestamp: String(timestamp), ...kernel }));
}
console.error(JSON.stringify(source.getStats()));
