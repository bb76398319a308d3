/** Starts the threads of a contender and talks to them; none of them outlives its row, or hangs it. */
import path from 'node:path';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Answer, Assignment, Question } from './worker';
import type { CrossThreadContender, Row } from './row';

/** A contender that answers nothing for so long is stuck. */
const LIMIT_MS = 30_000;

export class Thread {
  private readonly worker: Worker;
  private readonly name: string;

  private constructor(assignment: Assignment, name: string) {
    this.name = name;
    this.worker = new Worker(path.join(__dirname, 'worker.js'), {
      workerData: assignment,
      transferList: assignment.port === undefined ? [] : [assignment.port],
    });
  }

  static async start(assignment: Assignment, name: string): Promise<Thread> {
    const thread = new Thread(assignment, name);
    await thread.message();
    return thread;
  }

  ask(question: Question): Promise<Answer> {
    this.worker.postMessage(question);
    return this.message() as Promise<Answer>;
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }

  private message(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const settle = (result: () => void): void => {
        clearTimeout(timer);
        this.worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        result();
      };
      const failed = (why: string): void => settle(() => reject(new Error(`${this.name}: ${why}`)));
      const onMessage = (message: unknown): void => settle(() => resolve(message));
      const onError = (error: Error): void => failed(error.stack ?? error.message);
      const onExit = (code: number): void => failed(`ended with code ${code}`);
      const timer = setTimeout(() => failed(`stuck for ${LIMIT_MS / 1000} s`), LIMIT_MS);
      this.worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    });
  }
}

export interface Pair {
  readonly producer: Thread;
  readonly consumer: Thread;
}

export async function startPair(
  row: Row,
  index: number,
  contender: CrossThreadContender,
): Promise<Pair & AsyncDisposable> {
  const { port1, port2 } = new MessageChannel();
  const shared = contender.share();
  const start = (role: 'producer' | 'consumer', port: MessagePort): Promise<Thread> =>
    Thread.start(
      { row: row.name, contender: contender.place ?? { index }, role, shared, port },
      `${row.name}, ${contender.name}, ${role}`,
    );
  const [producer, consumer] = await Promise.all([start('producer', port1), start('consumer', port2)]);
  return {
    producer,
    consumer,
    async [Symbol.asyncDispose]() {
      await Promise.all([producer.stop(), consumer.stop()]);
    },
  };
}
