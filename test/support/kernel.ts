/** Tests on the real kernel, and processes whose system calls are known. */
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { PerCPUEventBuffer, type UnifiedEvent } from '@tapio/performance';
import { KernelTracer, type KernelTracerOptions } from '@tapio/performance/kernel';

/** Why the kernel cannot be traced here; undefined where it can. */
export const refusal = findRefusal();

function findRefusal(): string | undefined {
  const buffer = new PerCPUEventBuffer({ bufferSizePerCPU: 512, overflowSize: 512 });
  try {
    new KernelTracer({ target: buffer, events: ['exec'], ringSize: 4096 }).start().stop();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    buffer.close();
  }
}

/** A test that needs the kernel's permission; where there is none it says so and why, and does nothing. */
export function kernelTest(name: string, run: () => Promise<void> | void, timeout?: number): void {
  if (refusal === undefined) test(name, async () => run(), timeout);
  else test(`${name} (skipped)`, () => console.log(`skipped: ${refusal}`));
}

/** A process that waits until `go`, so that its id is known before it does anything; then it is `command`, under the same id. */
export class KnownProcess {
  readonly child: ChildProcess;
  readonly pid: number;

  constructor(command: string, options: SpawnOptions = {}) {
    this.child = spawn('sh', ['-c', `read go; exec ${command}`], {
      ...options,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.pid = this.child.pid!;
  }

  /** Lets it run to its end; its exit code. */
  async run(): Promise<number | null> {
    const ended = once(this.child, 'exit');
    this.child.stdin!.end('\n');
    const [code] = (await ended) as [number | null];
    return code;
  }
}

/** `dd` that reads and writes one byte at a time, `count` of each. */
export function ddCommand(count: number): string {
  return `dd if=/dev/zero of=/dev/null bs=1 count=${count} status=none`;
}

export interface Traced {
  events: UnifiedEvent[];
  stats: ReturnType<KernelTracer['getStats']>;
  process: KnownProcess;
  code: number | null;
}

/** Traces one process from before its first step to its end. */
export async function trace(
  command: string,
  options: Partial<KernelTracerOptions> = {},
  spawnOptions: SpawnOptions = {},
): Promise<Traced> {
  const process = new KnownProcess(command, spawnOptions);
  const target = new PerCPUEventBuffer({ slotSize: 128, bufferSizePerCPU: 2 ** 24, overflowSize: 2 ** 22 });
  const tracer = new KernelTracer({
    target,
    ...options,
    filters: { pids: [process.pid], ...options.filters },
  });
  tracer.start();
  const code = await process.run();
  tracer.stop();
  const events = target.get(undefined, { order: 'timestamp' });
  target.close();
  return { events, stats: tracer.getStats(), process, code };
}
