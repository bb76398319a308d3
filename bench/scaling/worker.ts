/** A thread of `npm run bench:scaling`. */
import { parentPort } from 'node:worker_threads';
import { type Job, work } from './load';

parentPort!.on('message', (job: Job) => parentPort!.postMessage(work(job)));
