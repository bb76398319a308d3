/** A real NATS server with JetStream on loopback, which can be killed and started again where it was. */
import { type ChildProcess, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePort, killServer, startServer } from './servers';
import { turn } from './waits';

export const hasNats = spawnSync('nats-server', ['--version']).status === 0;

/** Where there is no server it says so and does nothing. */
export function natsTest(name: string, run: () => Promise<void>, timeout?: number): void {
  if (hasNats) test(name, run, timeout);
  else test(`${name} (skipped)`, () => console.log('skipped: no nats-server (Debian package: nats-server)'));
}

export class NatsServer {
  readonly #folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-nats-'));
  #child: ChildProcess | undefined;
  port = 0;

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  async start(): Promise<this> {
    this.port ||= await freePort();
    const args = ['-js', '-sd', this.#folder, '-a', '127.0.0.1', '-p', String(this.port)];
    this.#child = await startServer('nats-server', args, 'Server is ready');
    return this;
  }

  async kill(): Promise<void> {
    if (this.#child !== undefined) await killServer(this.#child);
  }

  /** It answers nothing any more, once this has settled, until `goOn`. */
  async standStill(): Promise<void> {
    const { pid } = this.#child!;
    this.#child!.kill('SIGSTOP');
    // Each thread stops when it next looks for signals.
    const tasks = `/proc/${pid}/task`;
    const isStopped = (task: string): boolean =>
      /\) T/.test(fs.readFileSync(`${tasks}/${task}/stat`, 'utf8'));
    while (!fs.readdirSync(tasks).every(isStopped)) await turn();
  }

  goOn(): void {
    this.#child!.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }
}
