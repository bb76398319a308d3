/** What the proc source tells of processes: real ones, that die unreaped, lose their first thread, and become others. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { endAllRuns, Helper, NEEDS, ProcRun, testWith } from './proc-run';
import { turn } from '../../support/waits';

afterEach(endAllRuns);

/** A parent that reaps nobody, and its child. */
async function negligent(): Promise<[parent: Helper, child: number]> {
  const parent = new Helper(['sh', '-c', 'sleep 600 & echo $!; exec sleep 600']);
  const child = Number(await parent.line());
  await until(() => fs.readFileSync(`/proc/${parent.pid}/comm`, 'utf8') === 'sleep\n');
  return [parent, child];
}

/** For what the kernel does without telling. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

const stateOf = (pid: number): string => /\) (\w)/.exec(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'))![1];

testWith(
  [],
  'a process that its parent does not reap has ended when it died, and is never told again',
  async () => {
    const run = await ProcRun.started();
    const began = performance.now();
    const [parent, pid] = await negligent();
    await run.seenOf('process.start', pid);
    process.kill(pid, 'SIGKILL');
    const { attributes, kernel } = await run.seenOf('process.exit', pid);
    expect(attributes!.lifetimeMs).toBeLessThanOrEqual(performance.now() - began + 20);
    expect(kernel!.pid).toBe(pid);
    expect(stateOf(pid)).toBe('Z');
    // Reaped by another that takes its place: nothing more is told of it.
    parent.child.kill('SIGKILL');
    await run.seenOf('process.exit', parent.pid);
    const told = run.events.filter((event) => event.kernel?.pid === pid);
    expect(told.filter(({ type }) => type === 'process.exit')).toHaveLength(1);
    expect(told.filter(({ metrics }) => metrics?.value === 0)).toEqual([]);
  },
);

testWith([], 'what is dead already when the source starts is not told', async () => {
  const [parent, pid] = await negligent();
  process.kill(pid, 'SIGKILL');
  await until(() => stateOf(pid) === 'Z');
  const run = await ProcRun.started();
  parent.child.kill('SIGKILL');
  await run.seenOf('process.exit', parent.pid);
  expect(run.events.filter((event) => event.kernel?.pid === pid)).toEqual([]);
});

/** Ends its first thread; another one lives on, as told. */
const LEADERLESS = `
import ctypes, os, sys, threading
def live():
    while ') Z ' not in open('/proc/self/stat').read(): pass
    print(os.getpid(), flush=True)
    kept = []
    for line in sys.stdin:
        kept.append(b'x' * (64 << 20))
        print('grown', flush=True)
    os._exit(0)
threading.Thread(target=live).start()
ctypes.CDLL(None).syscall(ctypes.c_long(${process.arch === 'x64' ? 60 : 93}), ctypes.c_long(0))
`;

testWith(
  [NEEDS.python],
  'a process whose first thread has ended lives for as long as the others do',
  async () => {
    const helper = new Helper(['python3', '-c', LEADERLESS]);
    const pid = Number(await helper.line());
    const run = await ProcRun.started();
    expect(stateOf(pid)).toBe('Z');
    await helper.ask('grow');
    await run.seen(({ kernel, metrics }) => kernel?.pid === pid && metrics && metrics.value > 64 << 20);
    expect(run.events.some(({ type, kernel }) => type === 'process.exit' && kernel?.pid === pid)).toBe(false);
    helper.child.stdin.end();
    await run.seenOf('process.exit', pid);
  },
);

testWith([], 'an exec is told, with the name before it where that has changed', async () => {
  const run = await ProcRun.started();
  const helper = new Helper(['sh', '-c', 'echo up; read a; exec sh -c "echo again; read b; exec sleep 600"']);
  await helper.line();
  // A look may meet the process before its first exec, which then is told, too; two between two looks are told as one.
  await run.seen(({ kernel }) => kernel?.pid === helper.pid && kernel.comm === 'sh');
  await helper.ask('go');
  const same = await run.seen(
    ({ type, kernel, attributes }) =>
      type === 'process.exec' && kernel?.pid === helper.pid && !('previousComm' in attributes!),
  );
  expect(same.kernel!.comm).toBe('sh');
  expect(same.attributes).toEqual({ ppid: process.pid });
  helper.child.stdin.write('go\n');
  const other = await run.seen(({ type, kernel }) => type === 'process.exec' && kernel?.comm === 'sleep');
  expect(other.kernel!.pid).toBe(helper.pid);
  expect(other.attributes).toEqual({ ppid: process.pid, previousComm: 'sh' });
});

/** Runs each line as JavaScript. */
const NODE = [
  'node',
  '-e',
  `require('readline').createInterface(process.stdin).on('line', (l) => console.log(eval(l)))`,
];

testWith([NEEDS.root], 'another user and another name are told, and later events carry them', async () => {
  const helper = new Helper([process.execPath, ...NODE.slice(1)]);
  await helper.ask('1');
  const run = await ProcRun.started();
  // In this order: after the other the kernel forbids it.
  const before = fs.readFileSync(`/proc/${helper.pid}/comm`, 'utf8').trim();
  await helper.ask(`require('fs').writeFileSync('/proc/' + process.pid + '/comm', 'renamed')`);
  const name = await run.seenOf('process.change', helper.pid);
  expect(name.kernel).toMatchObject({ uid: 0, comm: 'renamed' });
  expect(name.attributes).toEqual({ ppid: process.pid, previousComm: before });

  await helper.ask('process.setuid(65534)');
  const user = await run.seen(({ type, kernel }) => type === 'process.change' && kernel?.uid === 65534);
  expect(user.kernel!.pid).toBe(helper.pid);
  expect(user.attributes).toEqual({ ppid: process.pid, previousUid: 0 });

  helper.child.stdin.end();
  const exit = await run.seenOf('process.exit', helper.pid);
  expect(exit.kernel).toMatchObject({ uid: 65534, comm: 'renamed' });
});

testWith([], 'work of the kernel is no change of name of the thread that does it', async () => {
  const run = await ProcRun.started();
  // The source's own output keeps the workers of the kernel busy; a process of ours tells when enough samples have passed.
  for (let round = 0; round < 5; round++) {
    const child = spawn('sleep', ['600']);
    await run.seenOf('process.start', child.pid!);
    child.kill();
    await run.seenOf('process.exit', child.pid!);
  }
  const renamed = run.events.filter(
    ({ type, kernel }) => type === 'process.change' && /^kworker/.test(kernel!.comm!),
  );
  expect(renamed).toEqual([]);
});
