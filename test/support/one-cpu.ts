/** For test files in which the order or the room of per-CPU buffers counts: a thread that moves to another CPU puts into another ring. */
import { availableCPUs, pinThread, unpinThread } from '@tapio/performance';

/** Keeps the thread on one CPU while the tests of the file run. */
export function stayOnOneCPU(): void {
  beforeAll(() => pinThread(availableCPUs()[0]));
  afterAll(() => unpinThread());
}
