/** Whose events they are, told from where the tracer stands: in pid namespaces, without /proc, without the kernel's types. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { compile } from '../support/c-program';
import { ddCommand, kernelTest, KnownProcess } from '../support/kernel';
import { type Story, viewFrom } from '../support/tracer-view';

const COUNT = 500;
const WRITES = { events: ['syscall'], filters: { syscalls: ['write'] } } as const;
const OF_DD: Story = { options: WRITES, comms: ['dd'] };

/** Commands that run the rest of their line somewhere else. */
const PID_NAMESPACE = ['unshare', '--pid', '--fork', '--mount-proc'];
const shell = (unshare: readonly string[], script: string): string[] => [
  'unshare',
  ...unshare,
  'sh',
  '-c',
  `${script} && exec "$@"`,
  'sh',
];

const MAY_UNSHARE = spawnSync('unshare', ['--pid', '--fork', '--mount', 'true']).status === 0;

function namespaceTest(name: string, run: () => Promise<void>): void {
  kernelTest(name, () => (MAY_UNSHARE ? run() : console.log('skipped: unshare needs CAP_SYS_ADMIN')));
}

describe('in a pid namespace', () => {
  namespaceTest(
    'a filter by pid leaves out a process of the host that has the same number there',
    async () => {
      const stranger = new KnownProcess(ddCommand(COUNT));
      const { events, stats } = await viewFrom(
        PID_NAMESPACE,
        { ...OF_DD, options: { ...WRITES, filters: { ...WRITES.filters, pids: [stranger.pid] } } },
        () => stranger.run(),
      );
      expect(events).toEqual([]);
      expect(stats.captured).toBe(0);
    },
  );

  namespaceTest(
    'a process that has no number there is told by its number on the host, in hostPid',
    async () => {
      const stranger = new KnownProcess(ddCommand(COUNT));
      const { events } = await viewFrom(PID_NAMESPACE, OF_DD, () => stranger.run());
      const { pid } = stranger;
      const told = events.filter(({ args }) => args?.hostPid === String(pid));
      expect(told.length).toBe(COUNT);
      for (const event of told) {
        expect(event).toMatchObject({ syscall: 'write', returnCode: 1, args: { hostTid: String(pid) } });
        expect(event).not.toHaveProperty('pid');
        expect(event).not.toHaveProperty('tid');
      }
    },
  );

  namespaceTest('a process of a nested namespace is told and filtered by its number here', async () => {
    for (const nesting of ['unshare --pid --fork', 'unshare --pid --fork unshare --pid --fork']) {
      const deep = nesting.length > 24;
      const inner = `sh -c "read go; exec ${ddCommand(COUNT)}"`;
      const { pid, events, own } = await viewFrom(PID_NAMESPACE, {
        ...OF_DD,
        // The deeper one is a grandchild, which the filter does not know.
        command: `exec ${nesting} ${inner}`,
        child: !deep,
      });
      expect(own).toBe(1);
      const told = events.filter((event) => event.pid !== undefined);
      expect(told.length).toBe(COUNT);
      for (const event of told) {
        if (!deep) expect(event.pid).toBe(pid);
        expect(event.pid).toBeLessThan(100);
        expect(event.tid).toBe(event.pid);
      }
    }
  });

  namespaceTest('each thread has its own number, and that of its process', async () => {
    const threads = compile(
      'tapio-threads',
      `#include <pthread.h>
       #include <stdio.h>
       #include <sys/syscall.h>
       #include <unistd.h>
       void* run(void* unused) {
         syscall(SYS_getppid);
         printf("%d %ld\\n", getpid(), syscall(SYS_gettid));
         return 0;
       }
       int main() {
         pthread_t all[3];
         getchar();
         for (int i = 0; i < 3; ++i) pthread_create(all + i, 0, run, 0);
         for (int i = 0; i < 3; ++i) pthread_join(all[i], 0);
         run(0);
       }`,
    );
    if (threads === undefined) return console.log('skipped: no C compiler');
    const { said, events } = await viewFrom(PID_NAMESPACE, {
      options: { events: ['syscall'], filters: { syscalls: ['getppid'] } },
      comms: ['tapio-threads'],
      command: `exec ${threads}`,
    });
    const told = events.map(({ pid, tid }) => `${pid} ${tid}`);
    expect(told.length).toBe(4);
    expect(new Set(told)).toEqual(new Set(said.trim().split('\n')));
  });
});

describe('this process is not traced, and ids are right', () => {
  const places: Record<string, string[]> = {
    'without /proc': shell(['--pid', '--fork', '--mount'], 'umount -l /proc'),
    "with the host's /proc": ['unshare', '--pid', '--fork'],
    'with an empty /proc': shell(['--pid', '--fork', '--mount'], 'mount -t tmpfs none /proc'),
    'with a /proc that lies': shell(
      ['--pid', '--fork', '--mount'],
      'mount -t tmpfs none /proc && mkdir -p /proc/self/ns && touch /proc/self/ns/pid',
    ),
  };
  for (const [name, place] of Object.entries(places)) {
    namespaceTest(name, async () => {
      const { own, ownEvents, pid, events } = await viewFrom(place, {
        ...OF_DD,
        command: `read go; exec ${ddCommand(COUNT)}`,
      });
      expect(own).toBe(1);
      expect(ownEvents).toBe(0);
      expect(events.filter((event) => event.pid === pid).length).toBe(COUNT);
    });
  }
});

describe("without the kernel's types", () => {
  const without = (...unshare: string[]): string[] =>
    shell([...unshare, '--mount'], 'mount -t tmpfs none /sys/kernel/btf');
  const garbage = (...unshare: string[]): string[] =>
    shell(
      [...unshare, '--mount'],
      'mount -t tmpfs none /sys/kernel/btf && head -c 100000 /dev/urandom > /sys/kernel/btf/vmlinux',
    );

  namespaceTest('the host is traced as ever', async () => {
    for (const place of [without(), garbage()]) {
      const { own, ownEvents, pid, events } = await viewFrom(place, {
        ...OF_DD,
        command: `read go; exec ${ddCommand(COUNT)}`,
      });
      expect(own).toBeGreaterThan(1);
      expect(ownEvents).toBe(0);
      expect(events.filter((event) => event.pid === pid).length).toBe(COUNT);
    }
  });

  namespaceTest('an exec that succeeds has no name, as nothing tells which of two calls it was', async () => {
    const { events } = await viewFrom(without(), {
      options: { events: ['syscall'] },
      comms: ['dd'],
      command: `read go; exec ${ddCommand(COUNT)}`,
    });
    const [first, ...others] = events;
    expect(first).toMatchObject({ type: 'kernel.syscall', returnCode: 0 });
    expect(first).not.toHaveProperty('syscall');
    for (const event of others) expect(event).toHaveProperty('syscall');
  });

  namespaceTest('a pid namespace is refused, with the reason', async () => {
    for (const place of [
      without('--pid', '--fork', '--mount-proc'),
      garbage('--pid', '--fork', '--mount-proc'),
    ]) {
      const { code, message } = await viewFrom(place, OF_DD);
      expect(code).toBe('ERR_UNSUPPORTED');
      expect(message).toMatch(/pid namespace.*\/sys\/kernel\/btf\/vmlinux/);
    }
  });
});

namespaceTest('what a CPU lost is told, also of one that the system does not mention', async () => {
  const last = Number(/(\d+)\n$/.exec(fs.readFileSync('/sys/devices/system/cpu/online', 'latin1'))?.[1]);
  if (!(last > 0)) return console.log('skipped: this machine has one CPU');
  const { stats, events } = await viewFrom(
    shell(
      ['--mount'],
      'mount -t tmpfs none /mnt && echo 0 > /mnt/possible && mount --bind /mnt/possible /sys/devices/system/cpu/possible',
    ),
    {
      ...OF_DD,
      options: { ...WRITES, ringSize: 4096, wakeIntervalMicros: 100_000 },
      command: `read go; exec taskset -c ${last} ${ddCommand(20_000)}`,
    },
  );
  expect(events.length).toBeGreaterThan(0);
  const lost = stats.cpus.find(({ cpu }) => cpu === last)?.lost;
  expect(lost).toBeGreaterThan(0);
  expect(stats.cpus.reduce((sum, each) => sum + each.lost, 0)).toBe(stats.lost);
});
