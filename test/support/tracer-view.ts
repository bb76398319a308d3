/** A tracer in another process, which may stand elsewhere: in a namespace, without /proc. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { KernelTracer, KernelTracerOptions } from '@tapio/performance/kernel';
import { fixture } from './children';

export interface SeenEvent {
  type: string;
  pid?: number;
  tid?: number;
  comm: string;
  cpuCore: number;
  syscall?: string;
  returnCode?: number;
  args?: Record<string, string>;
}

export interface View {
  /** Of the process that it started and, with `child`, traced. */
  pid?: number;
  said: string;
  own: number;
  ownEvents: number;
  events: SeenEvent[];
  stats: ReturnType<KernelTracer['getStats']>;
  /** Instead of all of these: why it could not trace. */
  code?: string;
  message?: string;
}

export interface Story {
  options: Omit<KernelTracerOptions, 'target'>;
  comms: readonly string[];
  command?: string;
  child?: boolean;
}

/**
 * Runs a tracer below `place`, a command line that ends where that of Node begins.
 * @param meanwhile what happens while it traces
 */
export async function viewFrom(
  place: readonly string[],
  story: Story,
  meanwhile: () => Promise<unknown> = () => Promise.resolve(),
): Promise<View> {
  const [command, ...args] = [
    ...place,
    process.execPath,
    fixture('tracer-view.child'),
    JSON.stringify(story),
  ];
  const child: ChildProcess = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let said = '';
  const begun = new Promise<void>((resolve) => {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('\n')) resolve();
    });
    child.on('close', () => resolve());
  });
  const closed = once(child, 'close');
  await begun;
  if (said.startsWith('running')) await meanwhile();
  child.stdin!.end();
  await closed;
  return JSON.parse(said.slice(said.indexOf('\n') + 1)) as View;
}
