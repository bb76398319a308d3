/** Which call an event tells: the one that was made, whatever the kernel remembers of it at its end. */
import { spawnSync } from 'node:child_process';
import { Correlator } from '@tapio/performance/correlation';
import { PerCPUEventBuffer, type UnifiedEvent } from '@tapio/performance';
import { KernelTracer, type KernelTracerOptions } from '@tapio/performance/kernel';
import { compile } from '../support/c-program';
import { kernelTest, KnownProcess } from '../support/kernel';

const CALLS = { events: ['syscall'] } as const;

/** Traces all that is called `name` while `command` runs; every process, as some start others. */
async function eventsOf(
  name: string,
  command: string,
  options: Partial<KernelTracerOptions> = CALLS,
): Promise<UnifiedEvent[]> {
  const target = new PerCPUEventBuffer({ slotSize: 128, bufferSizePerCPU: 2 ** 25, overflowSize: 2 ** 22 });
  const process = new KnownProcess(command);
  const tracer = new KernelTracer({ target, ...options }).start();
  await process.run();
  tracer.stop();
  const events = target.get(undefined, { order: 'timestamp' });
  target.close();
  expect(tracer.getStats()).toMatchObject({ lost: 0, dropped: 0, malformed: 0 });
  return events.filter(({ kernel }) => kernel!.comm === name);
}

/** [syscall, returnCode] of each. */
const told = (events: readonly UnifiedEvent[]): [string | undefined, number | undefined][] =>
  events.map(({ kernel }) => [kernel!.syscall, kernel!.returnCode]);

/** A test of a C program; skipped, with the reason, where it cannot be made or does not run. */
function programTest(
  title: string,
  { name, source, flags }: { name: string; source: string; flags?: readonly string[] },
  run: (file: string) => Promise<void>,
): void {
  kernelTest(title, async () => {
    const file = compile(name, source, flags);
    if (file === undefined)
      return console.log(`skipped: gcc ${flags?.join(' ') ?? ''} makes no program here`);
    await run(file);
  });
}

programTest(
  'a return from a handler of signals has its name and no return code, and makes no chain of failures',
  {
    name: 'tapio-signals',
    // Interrupted while the register of results holds -ECONNREFUSED.
    source: `
      #include <signal.h>
      #include <sys/time.h>
      volatile int got;
      void handle(int signal) { got = 1; }
      int main() {
        struct itimerval once = {{0, 0}, {0, 1000}};
        signal(SIGALRM, handle);
        for (int i = 0; i < 5; ++i) {
          got = 0;
          setitimer(ITIMER_REAL, &once, 0);
          __asm__ volatile("1: cmpl $0, %1; je 1b" :: "a"(-111L), "m"(got));
        }
      }`,
  },
  async (file) => {
    if (process.arch !== 'x64') return console.log('skipped: needs x64');
    const all = await eventsOf('tapio-signals', file);
    const returns = all.filter(({ kernel }) => kernel!.syscall === 'rt_sigreturn');
    expect(returns.length).toBe(5);
    for (const { kernel } of returns) expect(kernel).not.toHaveProperty('returnCode');
    expect(
      told(all).filter(([name, code]) => name === undefined || name.includes('-') || code === -111),
    ).toEqual([]);
    const correlator = new Correlator();
    for (const event of all) correlator.observe(event);
    expect(correlator.getStats()).toMatchObject({ observed: all.length, chains: 0 });

    const chosen = await eventsOf('tapio-signals', file, {
      ...CALLS,
      filters: { syscalls: ['rt_sigreturn'] },
    });
    expect(told(chosen)).toEqual(new Array(5).fill(['rt_sigreturn', undefined]));
  },
);

describe('a program that becomes another', () => {
  const source = (body: string): string => `
    #include <fcntl.h>
    #include <pthread.h>
    #include <sys/syscall.h>
    #include <unistd.h>
    char* arguments[] = {"true", 0};
    char* none[] = {0};
    void* run(void* unused) { ${body} return 0; }`;
  const calls = (events: readonly UnifiedEvent[]): string[] =>
    events.map(({ kernel }) => `${kernel!.syscall} ${kernel!.returnCode}`);

  programTest(
    'by execveat is told so, and filtered so',
    {
      name: 'tapio-execveat',
      source: `${source(`
        syscall(SYS_execveat, AT_FDCWD, "/no/such/program", arguments, none, 0);
        syscall(SYS_execveat, AT_FDCWD, "/bin/true", arguments, none, 0);`)}
        int main() { run(0); }`,
    },
    async (file) => {
      const filtered = (syscalls: string[]): Promise<UnifiedEvent[]> =>
        eventsOf('true', file, { ...CALLS, filters: { syscalls } });
      expect(calls(await filtered(['execveat']))).toEqual(['execveat 0']);
      expect(await filtered(['execve'])).toEqual([]);
      // The failure before it was told of the program that the process was then.
      expect(
        calls(await eventsOf('tapio-execveat', file, { ...CALLS, filters: { syscalls: ['execveat'] } })),
      ).toEqual(['execveat -2']);
      expect(calls(await eventsOf('true', file)).filter((call) => call.startsWith('exec'))).toEqual([
        'execveat 0',
      ]);
    },
  );

  programTest(
    'by execve, likewise',
    {
      name: 'tapio-execve',
      source: `${source('execve("/bin/true", arguments, none);')} int main() { run(0); }`,
    },
    async (file) => {
      const filters = { syscalls: ['execve', 'execveat'] };
      expect(calls(await eventsOf('true', file, { ...CALLS, filters }))).toEqual(['execve 0']);
    },
  );

  programTest(
    'from a thread that is not its first one',
    {
      name: 'tapio-execthrd',
      source: `${source('syscall(SYS_execveat, AT_FDCWD, "/bin/true", arguments, none, 0);')}
        int main() {
          pthread_t thread;
          pthread_create(&thread, 0, run, 0);
          pthread_join(thread, 0);
        }`,
    },
    async (file) => {
      const filters = { syscalls: ['execve', 'execveat'] };
      expect(calls(await eventsOf('true', file, { ...CALLS, filters }))).toEqual(['execveat 0']);
    },
  );
});

describe('calls of the 32-bit table', () => {
  const names = (events: readonly UnifiedEvent[]): (string | undefined)[] =>
    events.map(({ kernel }) => kernel!.syscall);
  const runs = (file: string): boolean => spawnSync(file).status === 0;

  programTest(
    'from a 64-bit program have the names of that table, and are chosen by name',
    {
      name: 'tapio-int80',
      // 20 is getpid there and writev here.
      source: `
        int main() {
          long result;
          __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");
          return result > 0 ? 0 : 1;
        }`,
    },
    async (file) => {
      if (!runs(file)) return console.log('skipped: this kernel takes no 32-bit calls');
      const both = { events: ['syscall', 'syscall-enter'] } as const;
      const all = names(await eventsOf('tapio-int80', file, both));
      expect(all.filter((name) => name === 'getpid').length).toBe(2);
      expect(all).not.toContain('writev');
      const chosen = (syscalls: (string | number)[]): Promise<UnifiedEvent[]> =>
        eventsOf('tapio-int80', file, { ...both, filters: { syscalls } });
      expect(names(await chosen(['getpid']))).toEqual(['getpid', 'getpid']);
      expect(names(await chosen(['writev', 20]))).toEqual([]);
    },
  );

  const small = (body: string): string => `
    static long call(long number, long a, long b, long c, long d, long e) {
      long result;
      __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
      return result;
    }
    static char* arguments[] = {"true", 0};
    static char* none[] = {0};
    void _start() { ${body} call(1, 0, 0, 0, 0, 0); }`;
  const flags = ['-m32', '-nostdlib', '-static', '-fno-pie', '-no-pie', '-fno-stack-protector'];

  programTest(
    'from a 32-bit program likewise, also those that only it has',
    { name: 'tapio-ia32', source: small('call(20, 0, 0, 0, 0, 0); call(7, -1, 0, 1, 0, 0);'), flags },
    async (file) => {
      if (!runs(file)) return console.log('skipped: this kernel runs no 32-bit programs');
      expect(told(await eventsOf('tapio-ia32', file)).map(([name]) => name)).toEqual([
        'execve',
        'getpid',
        'waitpid',
      ]);
      const filters = { syscalls: ['getpid', 'waitpid', 'execve'] };
      expect(told(await eventsOf('tapio-ia32', file, { ...CALLS, filters }))).toEqual([
        ['execve', 0],
        ['getpid', expect.any(Number)],
        ['waitpid', -10],
      ]);
    },
  );

  programTest(
    'and an exec from one kind of program to the other',
    {
      name: 'tapio-cross',
      source: small('call(358, -100, (long)"/bin/true", (long)arguments, (long)none, 0);'),
      flags,
    },
    async (file) => {
      if (!runs(file)) return console.log('skipped: this kernel runs no 32-bit programs');
      const filters = { syscalls: ['execve', 'execveat'] };
      expect(told(await eventsOf('tapio-cross', file, { ...CALLS, filters }))).toEqual([['execve', 0]]);
      expect(told(await eventsOf('true', file, { ...CALLS, filters }))).toEqual([['execveat', 0]]);
    },
  );
});

programTest(
  'a call that a signal interrupts has no return code, but what the kernel noted',
  {
    name: 'tapio-restart',
    source: `
      #include <signal.h>
      #include <sys/time.h>
      #include <unistd.h>
      int ends[2];
      int fed;
      void handle(int signal) { if (fed++) write(ends[1], "x", 1); }
      int main() {
        struct sigaction action = {0};
        struct itimerval often = {{0, 2000}, {0, 2000}};
        char c;
        action.sa_handler = handle;
        pipe(ends);
        sigaction(SIGALRM, &action, 0);
        setitimer(ITIMER_REAL, &often, 0);
        pause();
        action.sa_flags = SA_RESTART;
        fed = 1;
        sigaction(SIGALRM, &action, 0);
        read(ends[0], &c, 1);
      }`,
  },
  async (file) => {
    const events = await eventsOf('tapio-restart', file);
    const interrupted = events.filter(({ kernel }) => kernel!.args?.interrupted !== undefined);
    for (const { kernel } of interrupted) expect(kernel).not.toHaveProperty('returnCode');
    const notes = interrupted.map(({ kernel }) => `${kernel!.syscall} ${kernel!.args!.interrupted}`);
    expect(notes).toContain(process.arch === 'x64' ? 'pause -514' : 'ppoll -514');
    expect(notes).toContain('read -512');
    expect(told(events)).toContainEqual(['read', 1]);
    for (const { kernel } of events) expect(kernel!.returnCode ?? 0).toBeGreaterThan(-512);
  },
);

programTest(
  'a call that starts a process returns once, in the parent',
  {
    name: 'tapio-forks',
    source: `
      #include <pthread.h>
      #include <sys/syscall.h>
      #include <sys/wait.h>
      #include <unistd.h>
      void* run(void* unused) { return 0; }
      int main() {
        pthread_t thread;
        if (fork() == 0) _exit(0);
        if (vfork() == 0) _exit(0);
        pthread_create(&thread, 0, run, 0);
        pthread_join(thread, 0);
        while (wait(0) > 0) {}
      }`,
  },
  async (file) => {
    const events = await eventsOf('tapio-forks', file);
    const starts = events.filter(({ kernel }) => /^(clone3?|v?fork)$/.test(kernel!.syscall!));
    expect(starts.length).toBe(3);
    expect(new Set(starts.map(({ kernel }) => kernel!.pid)).size).toBe(1);
    for (const { kernel } of starts) expect(kernel!.returnCode).toBeGreaterThan(0);
  },
);

programTest(
  'a call by the number -1 has no name, and no return code',
  {
    name: 'tapio-none',
    source: '#include <unistd.h>\nint main() { syscall(-1); }',
  },
  async (file) => {
    const events = await eventsOf('tapio-none', file, { events: ['syscall', 'syscall-enter'] });
    const nameless = events.filter(({ kernel }) => !('syscall' in kernel!));
    expect(nameless.map(({ type }) => type)).toEqual(['kernel.syscall.enter', 'kernel.syscall']);
    for (const { kernel } of nameless) expect(kernel).not.toHaveProperty('returnCode');
  },
);

programTest(
  'nor has one that a debugger took away',
  {
    name: 'tapio-debug',
    source: `
      #include <signal.h>
      #include <stddef.h>
      #include <sys/prctl.h>
      #include <sys/ptrace.h>
      #include <sys/user.h>
      #include <sys/wait.h>
      #include <unistd.h>
      #define REGISTER(name) (void*)offsetof(struct user_regs_struct, name)
      int main() {
        int child = fork();
        if (child == 0) {
          prctl(PR_SET_NAME, "tapio-debuggee");
          ptrace(PTRACE_TRACEME, 0, 0, 0);
          raise(SIGSTOP);
          getppid();
          _exit(0);
        }
        waitpid(child, 0, 0);
        int status, entered = 0;
        while (ptrace(PTRACE_SYSCALL, child, 0, 0), waitpid(child, &status, 0), !WIFEXITED(status)) {
          if (!entered && ptrace(PTRACE_PEEKUSER, child, REGISTER(orig_rax), 0) == 110) {
            ptrace(PTRACE_POKEUSER, child, REGISTER(orig_rax), -1L);
            entered = 1;
          } else if (entered == 1) {
            ptrace(PTRACE_POKEUSER, child, REGISTER(rax), -111L);
            entered = 2;
          }
        }
      }`,
  },
  async (file) => {
    const events = await eventsOf('tapio-debuggee', file);
    const nameless = events.filter(({ kernel }) => !('syscall' in kernel!));
    expect(nameless.length).toBe(1);
    expect(nameless[0].kernel).not.toHaveProperty('returnCode');
    expect(events.map(({ kernel }) => kernel!.syscall)).not.toContain('rt_sigreturn');
    expect(events.filter(({ kernel }) => kernel!.returnCode === -111)).toEqual([]);
  },
);

programTest(
  'a process ends once, with its last thread, also when its first one ended before or another one became the program',
  {
    name: 'tapio-leader',
    source: `
      #include <pthread.h>
      #include <unistd.h>
      pthread_t first;
      char* arguments[] = {"true", 0};
      void* run(void* unused) {
        pthread_join(first, 0);
        execv("/bin/true", arguments);
        return 0;
      }
      int main() {
        pthread_t thread;
        first = pthread_self();
        pthread_create(&thread, 0, run, 0);
        pthread_exit(0);
      }`,
  },
  async (file) => {
    const options = { events: ['exec', 'exit'] } as const;
    expect((await eventsOf('tapio-leader', file, options)).map(({ type }) => type)).toEqual(['process.exec']);
    expect((await eventsOf('true', file, options)).map(({ type }) => type)).toEqual([
      'process.exec',
      'process.exit',
    ]);
  },
);
