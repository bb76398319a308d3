/** What events of opened files tell, against what a known program asked for. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { UnifiedEvent } from '@tapio/performance';
import type { KernelTracerOptions } from '@tapio/performance/kernel';
import { compile } from '../support/c-program';
import { kernelTest, trace } from '../support/kernel';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-files-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
const file = path.join(folder, 'a-file');
fs.writeFileSync(file, 'x');

const HEAD = `
  #define _GNU_SOURCE
  #include <fcntl.h>
  #include <stdint.h>
  #include <string.h>
  #include <sys/mman.h>
  #include <sys/syscall.h>
  #include <unistd.h>
  struct how { uint64_t flags, mode, resolve; };`;
/** What the program does before this is the loader's. */
const MARK = '/tapio-mark';

let programs = 0;
/** What a C program with this body opens, behind its mark; undefined where none can be made. */
async function opensOf(
  body: string,
  args: readonly string[] = [],
  { flags = [], ...options }: Partial<KernelTracerOptions> & { flags?: readonly string[] } = {},
): Promise<UnifiedEvent[] | undefined> {
  const program = compile(
    `tapio-files-${programs++}`,
    `${HEAD} int main(int count, char** words) { open("${MARK}", 0); ${body} }`,
    flags,
  );
  if (program === undefined) {
    console.log('skipped: gcc makes no program here');
    return undefined;
  }
  const quoted = args.map((text) => `'${text}'`).join(' ');
  const { events, stats } = await trace(
    `${program} ${quoted}`,
    { events: ['open'], ...options },
    { cwd: folder },
  );
  expect(stats).toMatchObject({ lost: 0, dropped: 0, malformed: 0, tooLarge: 0 });
  return events.slice(events.findIndex(({ kernel }) => kernel!.args?.path === MARK) + 1);
}

/** [path, flags, dirfd, whether it was opened or why not] of each. */
const told = (events: readonly UnifiedEvent[]): unknown[][] =>
  events.map(({ kernel }) => [
    kernel!.args?.path,
    kernel!.args?.flags,
    kernel!.args?.dirfd,
    kernel!.returnCode! < 0 ? kernel!.returnCode : 'opened',
  ]);

kernelTest('each way to open a file tells path, flags, directory and outcome', async () => {
  const events = await opensOf(
    `
    char* file = words[1];
    int at = open(words[2], O_PATH | O_DIRECTORY | O_CLOEXEC);
    #ifdef SYS_open
    syscall(SYS_open, file, O_RDWR | O_APPEND);
    syscall(SYS_creat, "made", 0600);
    #else
    syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_APPEND);
    syscall(SYS_openat, AT_FDCWD, "made", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    #endif
    syscall(SYS_openat, AT_FDCWD, "a-file", O_WRONLY | O_NONBLOCK | O_SYNC);
    syscall(SYS_openat, at, "a-file", O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_DSYNC | O_NOATIME);
    syscall(SYS_openat, at, file, O_CREAT | O_EXCL | O_WRONLY, 0600);
    syscall(SYS_openat, 999, "a-file", O_RDONLY);
    struct how how = {O_RDONLY | O_CLOEXEC, 0, 0};
    syscall(437, at, "./a-file", &how, sizeof how);
    how.flags = 1ULL << 40;
    syscall(437, at, "a-file", &how, sizeof how);
    syscall(SYS_openat, AT_FDCWD, ".", O_TMPFILE | O_RDWR, 0600);
    syscall(SYS_openat, AT_FDCWD, "", O_ACCMODE);`,
    [file, folder],
  );
  if (events === undefined) return;
  for (const { type } of events) expect(type).toBe('file.open');
  const directory = String(events[0].kernel!.returnCode);
  const tmpfile = expect.anything() as unknown;
  expect(told(events)).toEqual([
    [folder, 'O_RDONLY|O_CLOEXEC|O_PATH|O_DIRECTORY', undefined, 'opened'],
    [file, 'O_RDWR|O_APPEND', undefined, 'opened'],
    ['made', 'O_WRONLY|O_CREAT|O_TRUNC', 'AT_FDCWD', 'opened'],
    ['a-file', 'O_WRONLY|O_NONBLOCK|O_SYNC', 'AT_FDCWD', 'opened'],
    ['a-file', 'O_RDONLY|O_NOCTTY|O_DSYNC|O_NOFOLLOW|O_NOATIME', directory, 'opened'],
    [file, 'O_WRONLY|O_CREAT|O_EXCL', undefined, -17],
    ['a-file', 'O_RDONLY', '999', -9],
    ['./a-file', 'O_RDONLY|O_CLOEXEC', directory, 'opened'],
    ['a-file', 'O_RDONLY|0x10000000000', directory, -22],
    // Not every file system has nameless files.
    ['.', 'O_RDWR|O_TMPFILE', 'AT_FDCWD', tmpfile],
    ['', 'O_ACCMODE', 'AT_FDCWD', -2],
  ]);
});

kernelTest('paths of any length are told, and what is cut is told so', async () => {
  const lengths = [1, 100, 254, 255, 256, 257, 1000, 4094, 4095, 4096, 5000];
  const events = await opensOf(`
    static char text[6000];
    int lengths[] = {${lengths.join()}};
    for (int i = 0; i < ${lengths.length}; ++i) {
      for (int at = 0; at < lengths[i]; ++at) text[at] = at % 2 ? 'x' : '/';
      text[lengths[i]] = 0;
      open(text, O_RDONLY);
    }`);
  if (events === undefined) return;
  const texts = events.map(({ kernel }) => kernel!.args!.path);
  expect(texts.map((text) => text.length)).toEqual(lengths.map((length) => Math.min(length, 4096)));
  for (const text of texts) expect(text).toMatch(/^(\/x)*\/?$/);
  expect(events.map(({ kernel }) => kernel!.args!.pathTruncated === 'true')).toEqual(
    lengths.map((length) => length > 4095),
  );
});

kernelTest('a path is data, whatever it holds', async () => {
  const hostile = ['\u001b[2J\r\n\t"\\', 'h\u00e9llo \u{1f600} \u4e2d', '</script>', '\u007f\u0001'];
  const events = await opensOf(
    `for (int i = 1; i < count; ++i) open(words[i], O_RDONLY);
     open("bad \\xff\\xc3(", O_RDONLY);`,
    hostile,
  );
  expect(events?.map(({ kernel }) => kernel!.args!.path)).toEqual(
    events && [...hostile, 'bad \ufffd\ufffd('],
  );
});

/** A path in a page that nobody has touched: the kernel finds it, a program at the entry of the call does not. */
const COLD = `
  int from = open(words[1], O_RDONLY);
  char* cold = mmap(0, 4096, PROT_READ, MAP_PRIVATE, from, 0);
  madvise(cold, 4096, MADV_RANDOM);
  syscall(SYS_openat, AT_FDCWD, cold, O_RDONLY);`;
function coldFile(): string {
  const name = path.join(folder, 'cold');
  fs.writeFileSync(name, '/cold/path\0');
  return name;
}

kernelTest(
  'a path that is not there yet is read when the call returns; one that is nowhere is absent',
  async () => {
    const events = await opensOf(
      `${COLD}
     struct how how = {O_RDONLY, 0, 0};
     syscall(SYS_openat, AT_FDCWD, 0, O_RDONLY);
     syscall(SYS_openat, 7, 16, O_WRONLY);
     syscall(437, AT_FDCWD, "how", 16, sizeof how);`,
      [coldFile()],
    );
    if (events === undefined) return;
    expect(told(events).slice(1)).toEqual([
      ['/cold/path', 'O_RDONLY', undefined, -2],
      [undefined, 'O_RDONLY', undefined, -14],
      [undefined, 'O_WRONLY', undefined, -14],
      ['how', undefined, 'AT_FDCWD', -14],
    ]);
  },
);

kernelTest('calls of the 32-bit table are told as well', async () => {
  if (process.arch !== 'x64') return console.log('skipped: needs x64');
  // Without a place that is chosen by chance, static data lies where 32 bits reach.
  const events = await opensOf(
    `
    static char file[] = "thirty-two";
    static struct how how = {O_RDONLY | O_PATH, 0, 0};
    #define CALL(number, a, b, c, d) __asm__ volatile("int $0x80" :: "a"(number), "b"(a), "c"(b), "d"(c), "S"(d) : "memory")
    CALL(5, file, O_RDWR, 0, 0);
    CALL(8, "made-32", 0600, 0, 0);
    CALL(295, AT_FDCWD, file, O_WRONLY, 0);
    CALL(437, 5, file, &how, sizeof how);`,
    [],
    { flags: ['-no-pie'] },
  );
  if (events === undefined) return;
  if (events.length === 0) return console.log('skipped: this kernel has no 32-bit calls');
  expect(told(events)).toEqual([
    ['thirty-two', 'O_RDWR', 'AT_FDCWD', -2],
    ['made-32', 'O_WRONLY|O_CREAT|O_TRUNC', 'AT_FDCWD', 'opened'],
    ['thirty-two', 'O_WRONLY', 'AT_FDCWD', -2],
    ['thirty-two', 'O_RDONLY|O_PATH', '5', -9],
  ]);
});

kernelTest('an open that a signal interrupts has no return code', async () => {
  const fifo = path.join(folder, 'fifo');
  const events = await opensOf(
    `
    #include <signal.h>
    #include <sys/stat.h>
    #include <sys/time.h>
    void handle(int signal) {}
    struct sigaction action = {0};
    // Again and again, as the first one may come before the call blocks.
    struct itimerval each = {{0, 20000}, {0, 20000}}, none = {0};
    action.sa_handler = handle;
    sigaction(SIGALRM, &action, 0);
    mkfifo(words[1], 0600);
    setitimer(ITIMER_REAL, &each, 0);
    open(words[1], O_WRONLY);
    setitimer(ITIMER_REAL, &none, 0);`,
    [fifo],
  );
  if (events === undefined) return;
  expect(events.map(({ kernel }) => [kernel!.args!.path, kernel!.args!.interrupted])).toEqual([
    [fifo, '-512'],
  ]);
  expect(events[0].kernel).not.toHaveProperty('returnCode');
});

kernelTest('an open that seccomp refuses is told as a system call only', async () => {
  const events = await opensOf(
    `
    #include <linux/filter.h>
    #include <linux/seccomp.h>
    #include <stddef.h>
    #include <sys/prctl.h>
    struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 77),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {4, code};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) return 1;
    syscall(SYS_openat, AT_FDCWD, "refused", O_RDONLY);`,
    [],
    { events: ['open', 'syscall'], filters: { syscalls: ['openat', 'prctl'] } },
  );
  if (events === undefined) return;
  const prctl = events.filter(({ kernel }) => kernel!.syscall === 'prctl');
  if (prctl[1]?.kernel!.returnCode !== 0) return console.log('skipped: no seccomp here');
  const after = events.slice(events.indexOf(prctl[1]) + 1);
  expect(after.map(({ type, kernel }) => [type, kernel!.syscall, kernel!.returnCode])).toEqual([
    ['kernel.syscall', 'openat', -77],
  ]);
});

kernelTest('only paths that begin as chosen are told', async () => {
  const long = '/l'.repeat(127) + '/';
  const events = await opensOf(
    `
    char* names[] = {"/etc/passwd", "/etc/pass", "/etc/pas", "etc/passwd", "/etc/passwd/x", "", 0, (char*)16, words[2], words[3], words[4]};
    for (int i = 0; i < 11; ++i) syscall(SYS_openat, AT_FDCWD, names[i], O_RDONLY);
    ${COLD}`,
    [coldFile(), long, `${long}more`, long.slice(0, -1)],
    { filters: { paths: [MARK, '/etc/pass', 'etc/', '/cold', long] } },
  );
  expect(events?.map(({ kernel }) => kernel!.args!.path)).toEqual(
    events && ['/etc/passwd', '/etc/pass', 'etc/passwd', '/etc/passwd/x', long, `${long}more`, '/cold/path'],
  );
  const none = await opensOf(`${COLD} open("/etc/passwd", 0);`, [coldFile()], {
    filters: { paths: ['/cold/path/', 'cold'] },
  });
  expect(none).toEqual(none && []);
});

kernelTest('a filter of paths leaves other events alone', async () => {
  const { events } = await trace('cat /etc/hostname', {
    events: ['open', 'exec', 'exit'],
    filters: { paths: ['/etc/hostname'] },
  });
  expect(events.map(({ type }) => type)).toEqual(['process.exec', 'file.open', 'process.exit']);
});
