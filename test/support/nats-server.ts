/** A real NATS server with JetStream on loopback, which can be killed and started again where it was. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';

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
    const child = spawn('nats-server', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        if ((said += text).includes('Server is ready')) resolve();
      });
      child.once('exit', (code) => reject(new Error(`nats-server ended with ${code}: ${said}`)));
    });
    return this;
  }

  /** As a machine that loses its power. */
  async kill(): Promise<void> {
    const child = this.#child!;
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }

  signal(signal: NodeJS.Signals): void {
    this.#child!.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
