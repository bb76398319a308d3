/** What events of processes tell, against what a known process did. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PerCPUEventBuffer, type UnifiedEvent } from '@tapio/performance';
import { KernelTracer, type KernelTracerOptions } from '@tapio/performance/kernel';
import { compile } from '../support/c-program';
import { kernelTest, trace } from '../support/kernel';

const LIVES = { events: ['exec', 'exit'] } as const;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-processes-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** The `kernel.args` of the one exec of `command`, which replaces a shell. */
async function execOf(
  command: string,
  options?: Partial<KernelTracerOptions>,
): Promise<Record<string, string>> {
  const { events, stats } = await trace(command, { events: ['exec'], ...options });
  expect(stats).toMatchObject({ lost: 0, dropped: 0, malformed: 0, tooLarge: 0 });
  expect(events.map(({ type }) => type)).toEqual(['process.exec']);
  return events[0].kernel!.args ?? {};
}
const argvOf = async (command: string): Promise<string[]> =>
  JSON.parse((await execOf(command)).argv) as string[];

/** Text for a shell that means exactly this. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

kernelTest('an exec tells its file, its arguments and who started it', async () => {
  expect(await execOf('/bin/true one "two words" "" 3')).toMatchObject({
    filename: '/bin/true',
    argv: '["/bin/true","one","two words","","3"]',
    ppid: String(process.pid),
    parentComm: fs.readFileSync('/proc/self/comm', 'utf8').trimEnd(),
  });
});

kernelTest('arguments are data, whatever they hold', async () => {
  const hostile = [
    '\u001b[2J\r\n\t\b\f',
    '"],\\"',
    '</script>',
    "'; rm x",
    'h\u00e9llo \u{1f600} \u4e2d',
    '\u007f\u0001',
  ];
  expect(await argvOf(`/bin/true ${hostile.map(quoted).join(' ')}`)).toEqual(['/bin/true', ...hostile]);
  // Bytes that are no UTF-8.
  expect(await argvOf(`/bin/true "$(printf 'a\\377b')"`)).toEqual(['/bin/true', 'a\ufffdb']);
});

kernelTest('many and long arguments are cut, and that is told', async () => {
  const words = Array.from({ length: 100 }, (_, i) => `word${i}`);
  const many = await execOf(`/bin/true ${words.join(' ')}`);
  expect(JSON.parse(many.argv)).toEqual(['/bin/true', ...words.slice(0, 63)]);
  expect(many.argvTruncated).toBe('true');
  const whole = await execOf(`/bin/true ${words.slice(0, 63).join(' ')}`);
  expect(JSON.parse(whole.argv)).toEqual(['/bin/true', ...words.slice(0, 63)]);
  expect(whole).not.toHaveProperty('argvTruncated');

  const long = await execOf(`/bin/true ${'x'.repeat(5000)} more`);
  expect(JSON.parse(long.argv)).toEqual(['/bin/true', 'x'.repeat(4096 - '/bin/true'.length - 1)]);
  expect(long.argvTruncated).toBe('true');
  const exact = await execOf(`/bin/true ${'x'.repeat(4096 - '/bin/true'.length - 2)}`);
  expect(exact).not.toHaveProperty('argvTruncated');
});

kernelTest('a file is told as it was given: long, relative, a script', async () => {
  const deep = path.join(folder, ...Array.from({ length: 15 }, () => 'd'.repeat(200)));
  // By steps, as no path of this length may be made at once everywhere.
  fs.mkdirSync(deep, { recursive: true });
  const file = path.join(deep, 'a-script');
  fs.writeFileSync(file, '#!/bin/sh\nexit 3\n', { mode: 0o755 });
  expect(await execOf(`${file} x`)).toMatchObject({
    filename: file,
    argv: JSON.stringify(['/bin/sh', file, 'x']),
  });
  const near = path.join(folder, 'near');
  fs.writeFileSync(near, '#!/bin/sh -e\nexit 3\n', { mode: 0o755 });
  const { events } = await trace(
    `./x/../near`,
    { events: ['exec'] },
    { cwd: (fs.mkdirSync(path.join(folder, 'x')), folder) },
  );
  expect(events[0].kernel!.args).toMatchObject({
    filename: './x/../near',
    argv: '["/bin/sh","-e","./x/../near"]',
  });
});

kernelTest('an empty first argument', async () => {
  const file = compile(
    'tapio-noname',
    `#include <unistd.h>
     int main(int n, char** v) { if (n > 1) return 0; char* a[] = {"", "second", 0}; return execv("/proc/self/exe", a); }`,
  );
  if (file === undefined) return console.log('skipped: no compiler');
  const { events } = await trace(file, { events: ['exec'] });
  expect(events.map(({ kernel }) => [kernel!.args!.filename, kernel!.args!.argv])).toEqual([
    [file, JSON.stringify([file])],
    ['/proc/self/exe', '["","second"]'],
  ]);
});

kernelTest('an exit tells its status, the signal by name, and how long the process lived', async () => {
  const exitOf = async (command: string): Promise<NonNullable<UnifiedEvent['kernel']>> => {
    const { events } = await trace(command, { events: ['exit'] });
    expect(events.map(({ type }) => type)).toEqual(['process.exit']);
    return events[0].kernel!;
  };
  const began = performance.now();
  const slow = await exitOf('sleep 0.2');
  const took = performance.now() - began;
  expect(slow.returnCode).toBe(0);
  expect(Number(slow.args!.lifetimeMs)).toBeGreaterThanOrEqual(200);
  expect(Number(slow.args!.lifetimeMs)).toBeLessThanOrEqual(Math.ceil(took) + 1);
  expect(slow.args).not.toHaveProperty('signal');
  const own = fs.readFileSync('/proc/self/comm', 'utf8').trimEnd();
  expect(slow.args).toMatchObject({ ppid: String(process.pid), parentComm: own });
  expect((await exitOf(`sh -c 'exit 7'`)).returnCode).toBe(7);
  for (const [signal, number] of [
    ['KILL', 9],
    ['TERM', 15],
    ['SEGV', 11],
    ['USR2', 12],
  ] as const) {
    const { returnCode, args } = await exitOf(`sh -c 'kill -${signal} $$'`);
    expect([returnCode, args!.signal]).toEqual([128 + number, `SIG${signal}`]);
  }
});

kernelTest('a fork tells the child, and threads are no children', async () => {
  const shell = spawn('sh', ['-c', 'read go; /bin/true & echo $!; wait'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const target = new PerCPUEventBuffer({ slotSize: 128 });
  const tracer = new KernelTracer({ target, events: ['fork'], filters: { pids: [shell.pid!] } }).start();
  let output = '';
  shell.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  shell.stdin.end('\n');
  await once(shell, 'close');
  tracer.stop();
  const events = target.get();
  target.close();
  expect(events.map(({ type, kernel }) => [type, kernel!.pid, kernel!.args])).toMatchObject([
    ['process.fork', shell.pid, { childPid: output.trim(), ppid: String(process.pid) }],
  ]);
  const threads = await trace(
    `${process.execPath} -e "new (require('worker_threads').Worker)('', { eval: true })"`,
    { events: ['fork'] },
  );
  expect(threads.events).toEqual([]);
});

kernelTest('a process ends once, also if another thread than the first execs or ends last', async () => {
  const file = compile(
    'tapio-threads',
    `#include <pthread.h>
     #include <stdlib.h>
     #include <unistd.h>
     #include <sys/syscall.h>
     void* go(void* how) {
       usleep(20000);
       if (how) { char* a[] = {"sh", "-c", "exit 5", 0}; execv("/bin/sh", a); }
       exit(6);
     }
     int main(int n, char** v) {
       pthread_t t;
       pthread_create(&t, 0, go, n > 1 ? v : 0);
       syscall(SYS_exit, 3);
     }`,
  );
  if (file === undefined) return console.log('skipped: no compiler');
  for (const [command, status, execs] of [
    [file, 6, 1],
    [`${file} exec`, 5, 2],
  ] as const) {
    const { events, process } = await trace(command, LIVES);
    expect(events.map(({ type, kernel }) => [type, kernel!.pid])).toEqual([
      ...Array.from({ length: execs }, () => ['process.exec', process.pid]),
      ['process.exit', process.pid],
    ]);
    expect(events.at(-1)!.kernel!.returnCode).toBe(status);
  }
});

kernelTest('a target of small events leaves out what does not fit', async () => {
  const target = new PerCPUEventBuffer({ slotSize: 512, maxEventSize: 512 });
  const { stats } = await trace(`/bin/true ${'x'.repeat(1000)}`, { target, events: ['exec'] });
  const events = target.get();
  target.close();
  expect(stats).toMatchObject({ captured: 1, delivered: 1, tooLarge: 0 });
  expect(events[0].kernel!.args).toMatchObject({ filename: '/bin/true', ppid: String(process.pid) });
  expect(events[0].kernel!.args).not.toHaveProperty('argv');
});
