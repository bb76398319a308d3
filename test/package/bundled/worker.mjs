/** The user's worker, bundled by itself. */
import '@tapio/performance/STATIC';
import { workerData } from 'node:worker_threads';
import { EventBuffer, createEvent } from '@tapio/performance';

const buffer = EventBuffer.attach(workerData.handle);
for (let pid = 1; pid <= workerData.count; pid++)
  buffer.put(createEvent({ type: 'exec', source: 'bundle', kernel: { pid } }));
buffer.close();
