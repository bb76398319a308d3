/** The container of a task, by a cgroup that the test makes. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { PerCPUEventBuffer, type UnifiedEvent } from '@tapio/performance';
import { KernelTracer, type KernelTracerOptions } from '@tapio/performance/kernel';
import { makeCgroup, mountOf, removeCgroups } from '../support/cgroups';
import { ddCommand, kernelTest, KnownProcess } from '../support/kernel';

/** What a process in a cgroup does, traced. */
async function eventsIn(
  folder: string,
  command: string,
  options: Partial<KernelTracerOptions>,
): Promise<{ events: UnifiedEvent[]; pid: number }> {
  const target = new PerCPUEventBuffer({ slotSize: 256, bufferSizePerCPU: 2 ** 22 });
  const known = new KnownProcess(command);
  fs.writeFileSync(path.join(folder, 'cgroup.procs'), String(known.pid));
  const tracer = new KernelTracer({ target, ...options, filters: { pids: [known.pid], ...options.filters } });
  tracer.start();
  await known.run();
  tracer.stop();
  const events = target.get(undefined, { order: 'timestamp' });
  target.close();
  return { events, pid: known.pid };
}

afterAll(removeCgroups);

const id = (): string => randomBytes(32).toString('hex');
const v2 = mountOf('cgroup2', 'cgroup2');

kernelTest('a task of a container tells it, in each event', async () => {
  const container = id();
  const name = `/tapio-test/docker-${container}.scope`;
  const folder = makeCgroup(v2, name);
  if (folder === undefined) return;
  const { events } = await eventsIn(folder, ddCommand(5), {
    events: ['exec', 'exit', 'syscall'],
    filters: { syscalls: ['write'] },
  });
  expect(events.map(({ type }) => type)).toEqual([
    'process.exec',
    ...Array.from({ length: 5 }, () => 'kernel.syscall'),
    'process.exit',
  ]);
  for (const { entity, type, kernel } of events) {
    expect(entity).toEqual({ type: 'container', uid: container, name: container.slice(0, 12) });
    if (type !== 'kernel.syscall') expect(kernel!.args!.cgroup).toBe(name);
  }
});

kernelTest('a task of no container has no entity, and its cgroup is told', async () => {
  const folder = makeCgroup(v2, '/tapio-test/some.service');
  if (folder === undefined) return;
  const { events } = await eventsIn(folder, 'true', { events: ['exec', 'exit'] });
  expect(events).toHaveLength(2);
  for (const event of events) {
    expect(event).not.toHaveProperty('entity');
    expect(event.kernel!.args!.cgroup).toBe('/tapio-test/some.service');
  }
});

kernelTest('a cgroup that came later, and one whose name comes again', async () => {
  const first = id();
  const folder = makeCgroup(v2, `/tapio-test/${first}`);
  if (folder === undefined) return;
  const target = new PerCPUEventBuffer({ slotSize: 512 });
  const tracer = new KernelTracer({ target, events: ['exec'] }).start();
  const lives = ['docker', 'docker', 'libpod'].map((runtime) => `${runtime}-${id()}.scope`);
  lives[1] = lives[0];
  for (const name of lives) {
    const nested = path.join(folder, name);
    fs.mkdirSync(nested);
    const known = new KnownProcess('true');
    fs.writeFileSync(path.join(nested, 'cgroup.procs'), String(known.pid));
    await known.run();
    // It stays until the reader has looked it up, as its event is there.
    const event = await taken(target, ({ kernel }) => kernel!.pid === known.pid && kernel!.comm === 'true');
    fs.rmdirSync(nested);
    // The innermost of the two.
    expect(event.entity).toMatchObject({ type: 'container', uid: /[0-9a-f]{64}/.exec(name)![0] });
  }
  tracer.stop();
  target.close();
});

/** The first event that is so; others are let go. */
async function taken(
  target: PerCPUEventBuffer,
  test: (event: UnifiedEvent) => boolean,
): Promise<UnifiedEvent> {
  for (;;) {
    await target.ready();
    const found = target.get().find(test);
    if (found !== undefined) return found;
  }
}

kernelTest('a container of cgroup v1 is told by /proc', async () => {
  const container = id();
  const folder = makeCgroup(mountOf('cgroup', 'pids'), `/docker/${container}`);
  if (folder === undefined) return;
  const { events } = await eventsIn(folder, 'sleep 0.2', { events: ['exec'] });
  expect(events[0].entity).toEqual({ type: 'container', uid: container, name: container.slice(0, 12) });
});

/** Traces some processes, each in a folder of its own, with these filters. @returns for each how many events it had */
async function countsIn(
  folders: readonly string[],
  command: string,
  filters: KernelTracerOptions['filters'],
  atStart = (): void => {},
): Promise<{ counts: number[]; captured: number }> {
  const target = new PerCPUEventBuffer({ slotSize: 256, bufferSizePerCPU: 2 ** 22 });
  const processes = folders.map(() => new KnownProcess(command));
  const tracer = new KernelTracer({
    target,
    events: ['syscall', 'exec', 'open', 'exit'],
    filters: { pids: processes.map(({ pid }) => pid), syscalls: ['write'], paths: ['/dev/zero'], ...filters },
  }).start();
  atStart();
  folders.forEach((folder, index) =>
    fs.writeFileSync(path.join(folder, 'cgroup.procs'), String(processes[index].pid)),
  );
  // One after the other, so that what was learnt of the first one's neighbour is of use.
  for (const known of processes) await known.run();
  tracer.stop();
  const events = target.get();
  target.close();
  const { captured, delivered } = tracer.getStats();
  expect(delivered).toBe(captured);
  return {
    counts: processes.map(({ pid }) => events.filter(({ kernel }) => kernel!.pid === pid).length),
    captured,
  };
}

/** exec, open, writes and exit of a `dd` of 20 bytes. */
const OF_DD = 1 + 1 + 20 + 1;

kernelTest('only tasks of the chosen containers are told, also of one that starts later', async () => {
  const [chosen, other, later] = [id(), id(), id()];
  const folders = [other, chosen, other].map((container) =>
    makeCgroup(v2, `/tapio-test/docker-${container}.scope`),
  );
  const outside = makeCgroup(v2, '/tapio-test/no-container');
  if (outside === undefined || !folders.every((folder) => folder !== undefined)) return;
  const places = [...folders, outside];
  const dd = ddCommand(20);
  expect(await countsIn(places, dd, { containers: [chosen] })).toEqual({
    counts: [0, OF_DD, 0, 0],
    captured: OF_DD,
  });
  expect(await countsIn(places, dd, { containers: [id(), chosen.slice(0, 12)] })).toEqual({
    counts: [0, OF_DD, 0, 0],
    captured: OF_DD,
  });
  expect(
    await countsIn(places, dd, { containers: [`${chosen.slice(0, 11)}${chosen[11] === '0' ? 1 : 0}`] }),
  ).toEqual({
    counts: [0, 0, 0, 0],
    captured: 0,
  });
  const late = path.join(v2!, `tapio-test/docker-${later}.scope`);
  expect(
    await countsIn([late, ...places], dd, { containers: [later] }, () => {
      makeCgroup(v2, `/tapio-test/docker-${later}.scope`);
    }),
  ).toEqual({ counts: [OF_DD, 0, 0, 0, 0], captured: OF_DD });
});
