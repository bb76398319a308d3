/** What the tracer tells of a program that does many known things, with strace's lines as the truth. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PerCPUEventBuffer, type UnifiedEvent } from '@tapio/performance';
import { KernelTracer } from '@tapio/performance/kernel';
import { compile } from '../support/c-program';
import { kernelTest, KnownProcess } from '../support/kernel';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-oracle-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const mayTrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;

/** Each program that it becomes or starts does its part, and calls itself by the next argument. */
const PROGRAM = String.raw`
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char* self;
static void wait_for(pid_t child) { int status; waitpid(child, &status, 0); }

static void opens(void) {
  char longest[5000];
  memset(longest, 'x', sizeof longest);
  for (int length = 250; length < 4999; length += 593) {
    memcpy(longest, "./", 2);
    for (int at = 100; at < length; at += 100) longest[at] = '/';
    char was = longest[length];
    longest[length] = 0;
    open(longest, O_RDONLY);
    longest[length] = was;
  }
  int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  close(openat(dir, "made", O_WRONLY | O_CREAT | O_TRUNC, 0600));
  close(openat(dir, "made", O_RDWR | O_APPEND | O_NOFOLLOW));
  openat(dir, "none", O_RDONLY | O_NONBLOCK);
  openat(999, "relative", O_RDONLY);
  open("", O_RDONLY);
  openat(AT_FDCWD, (char*)8, O_RDONLY);
  openat(AT_FDCWD, (char*)-4096, O_RDONLY);
  open("not-utf8-\377\376-\303(", O_RDONLY);
  open("escape-\033[2J\n\t\"\\-end", O_RDONLY);
  creat("made-too", 0600);
  struct open_how how = {.flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
  close(syscall(SYS_openat2, dir, "made", &how, sizeof how));
  how.resolve = RESOLVE_BENEATH;
  syscall(SYS_openat2, dir, "../up", &how, sizeof how);
  for (int at = 0; at < 100; ++at) {
    char name[32];
    snprintf(name, sizeof name, "many-%d", at);
    open(name, O_RDONLY);
  }
}

static void connects(void) {
  struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof v4;
  int server = socket(AF_INET, SOCK_STREAM, 0);
  bind(server, (struct sockaddr*)&v4, sizeof v4);
  listen(server, 8);
  getsockname(server, (struct sockaddr*)&v4, &length);
  connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr*)&v4, sizeof v4);
  accept(server, NULL, NULL);
  connect(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), (struct sockaddr*)&v4, sizeof v4);
  accept4(server, NULL, NULL, SOCK_CLOEXEC);
  fcntl(server, F_SETFL, O_NONBLOCK);
  accept(server, NULL, NULL);
  struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = v4.sin_port};
  inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped.sin6_addr);
  connect(socket(AF_INET6, SOCK_STREAM, 0), (struct sockaddr*)&mapped, sizeof mapped);
  close(server);
  connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr*)&v4, sizeof v4);
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(9), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  connect(socket(AF_INET6, SOCK_STREAM, 0), (struct sockaddr*)&v6, sizeof v6);
  connect(socket(AF_INET6, SOCK_DGRAM, 0), (struct sockaddr*)&v6, sizeof v6);
  struct sockaddr_un path = {.sun_family = AF_UNIX, .sun_path = "./no-socket"};
  connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr*)&path, sizeof path);
  connect(999, (struct sockaddr*)&v4, sizeof v4);
  connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr*)8, sizeof v4);
}

static void handle(int signal) { (void)signal; }

/* One connect finds the queue full and sleeps until a signal comes. */
static void interrupted_connect(void) {
  struct sigaction action = {.sa_handler = handle};
  struct itimerval each = {{0, 20000}, {0, 20000}}, none = {{0, 0}, {0, 0}};
  struct sockaddr_un full = {.sun_family = AF_UNIX, .sun_path = "full"};
  int server = socket(AF_UNIX, SOCK_STREAM, 0);
  bind(server, (struct sockaddr*)&full, sizeof full);
  listen(server, 0);
  connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr*)&full, sizeof full);
  sigaction(SIGALRM, &action, 0);
  setitimer(ITIMER_REAL, &each, 0);
  connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr*)&full, sizeof full);
  setitimer(ITIMER_REAL, &none, 0);
}

static void* exec_by_thread(void* argument) {
  (void)argument;
  execl(self, self, "next", "by thread", (char*)0);
  return 0;
}

static void execs(void) {
  char* words[102] = {self, "leaf"};
  char numbers[100][8];
  for (int at = 2; at < 101; ++at) {
    snprintf(numbers[at - 2], sizeof numbers[0], "w%d", at);
    words[at] = numbers[at - 2];
  }
  pid_t child;
  if (!(child = fork())) { execv(self, words); _exit(1); }
  wait_for(child);
  if (!(child = fork())) { char* none[] = {"", "leaf", 0}; execv(self, none); _exit(1); }
  wait_for(child);
  if (!(child = fork())) { execl(self, self, "leaf", "\377\376", "\303(", "e\033[2J\n\"\\", "", (char*)0); _exit(1); }
  wait_for(child);
  if (!(child = vfork())) { execl(self, self, "leaf", "by vfork", (char*)0); _exit(1); }
  wait_for(child);
  if (!(child = fork())) {
    int file = open(self, O_PATH);
    char* by_fd[] = {"by-fd", "leaf", "execveat", 0};
    char* none[] = {0};
    syscall(SYS_execveat, file, "", by_fd, none, AT_EMPTY_PATH);
    _exit(1);
  }
  wait_for(child);
  if (!(child = fork())) { execl("./script", "ignored", "one", "two words", (char*)0); _exit(1); }
  wait_for(child);
  if (!(child = fork())) { execl("./no-such-program", "x", (char*)0); _exit(9); }
  wait_for(child);
  if (!(child = fork())) { kill(getpid(), 15); _exit(1); }
  wait_for(child);
  if (access("./thirty-two", X_OK) == 0) {
    if (!(child = fork())) { execl("./thirty-two", "thirty-two", "leaf", (char*)0); _exit(1); }
    wait_for(child);
  }
  pthread_t thread;
  pthread_create(&thread, 0, exec_by_thread, 0);
  pthread_join(thread, 0);
}

int main(int count, char** words) {
  const char* part = count > 1 ? words[1] : "";
  if (strcmp(part, "leaf") == 0) return count % 7;
  if (strcmp(part, "next") == 0) return 42;
  self = realpath("/proc/self/exe", 0);
  opens();
  connects();
  interrupted_connect();
  execs();
}
`;

/** A 32-bit task, which takes no library: most machines have none of 32 bits. */
const THIRTY_TWO = String.raw`
static int call(int number, int a, int b, int c, int d) {
  int result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
  return result;
}
static int socket_call(int number, int a, const void* b, int c) {
  int arguments[4] = {a, (int)b, c, 0};
  return call(102, number, (int)arguments, 0, 0);
}
static int stream(void) { return socket_call(1, 2, (void*)1, 0); }
static struct { unsigned short family, port; unsigned host; char zeros[8]; } address = {2, 0, 0x0100007f};
static unsigned long long how[3] = {0x80000};

void _start(void) {
  call(5, (int)"open-32", 2, 0, 0);
  call(5, 8, 0, 0, 0);
  call(8, (int)"creat-32", 0600, 0, 0);
  call(295, -100, (int)"openat-32", 1, 0);
  call(295, 999, (int)"openat-32", 0, 0);
  call(437, -100, (int)"openat2-32", (int)how, sizeof how);
  int size = sizeof address, server = stream();
  socket_call(2, server, &address, sizeof address);
  socket_call(4, server, (void*)8, 0);
  socket_call(6, server, &address, (int)&size);
  call(362, stream(), (int)&address, sizeof address, 0);
  socket_call(5, server, 0, 0);
  socket_call(3, stream(), &address, sizeof address);
  socket_call(18, server, 0, 0);
  socket_call(3, stream(), &address, sizeof address);
  call(364, server, 0, 0, 0);
  socket_call(3, 999, &address, sizeof address);
  socket_call(3, stream(), (void*)8, sizeof address);
  call(1, 32, 0, 0, 0);
}
`;
const FREE_OF_LIBRARIES = '-m32 -static -nostdlib -ffreestanding -fno-pie -no-pie -fno-stack-protector'.split(
  ' ',
);

/** Whether there is one in the folder. */
function makeThirtyTwo(): boolean {
  const program =
    process.arch === 'x64' ? compile('tapio-oracle-32', THIRTY_TWO, FREE_OF_LIBRARIES) : undefined;
  if (program === undefined || spawnSync(program, { cwd: folder }).status !== 32) {
    console.log('skipped in part: no 32-bit program can be made, or run, here');
    return false;
  }
  fs.copyFileSync(program, path.join(folder, 'thirty-two'));
  return true;
}

/** Bytes of a path that strace shows at most. */
const LONGEST = 4095;

interface Call {
  pid: number;
  name: string;
  /** Of strace, without the parentheses. */
  args: string;
  /** undefined: a signal came first. */
  result: number | undefined;
}

/** The calls in the lines of strace -f -xx: parts of an interrupted one put together, and who ended how. */
function callsOf(lines: readonly string[]): { calls: Call[]; ends: Map<number, string> } {
  const calls: Call[] = [];
  const ends = new Map<number, string>();
  const unfinished = new Map<number, string>();
  for (const line of lines) {
    const [, who, rest] = /^(\d+) +(.*)$/s.exec(line)!;
    const pid = Number(who);
    const end = /^\+\+\+ (exited with \d+|killed by \w+)/.exec(rest)?.[1];
    if (end !== undefined) ends.set(pid, end);
    // A thread that executes a program takes the number of the first one.
    const moved = /^(.*) <pid changed to (\d+) \.\.\.>$/.exec(rest);
    if (moved !== null) {
      unfinished.set(Number(moved[2]), moved[1]);
      continue;
    }
    const begun = /^(.*) <unfinished \.\.\.>$/.exec(rest)?.[1];
    if (begun !== undefined) {
      unfinished.set(pid, begun);
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)?.[1];
    const whole = resumed === undefined ? rest : `${unfinished.get(pid) ?? ''}${resumed}`;
    const call = /^(\w+)\((.*)\) += (-?\d+|\? ERESTART\w+)(?: (E\w+))?/.exec(whole);
    if (call === null) continue;
    const [, name, args, value, error] = call;
    const result = error === undefined ? Number(value) : -os.constants.errno[error as 'ENOENT'];
    calls.push({ pid, name, args, result: value.startsWith('?') ? undefined : result });
  }
  return { calls, ends };
}

/** The bytes of the first text in strace's arguments: all of them as \xNN. undefined where it could not read it. */
const textIn = (args: string): Buffer | undefined => {
  const hex = /"((?:\\x[0-9a-f]{2})*)"/.exec(args)?.[1];
  return hex === undefined ? undefined : Buffer.from(hex.replaceAll('\\x', ''), 'hex');
};

/** Told by a failure in one line. */
const short = (text: string | undefined): string =>
  text === undefined ? 'not there' : `${text.length}: ${text.slice(0, 60)}`;

/** As the events spell bytes. */
const spelt = (bytes: Buffer | undefined): string | undefined =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes);

async function underBoth(program: string): Promise<{ lines: string[]; events: UnifiedEvent[] }> {
  const file = path.join(folder, 'lines');
  const target = new PerCPUEventBuffer({ slotSize: 512, bufferSizePerCPU: 2 ** 24, overflowSize: 2 ** 24 });
  // What it starts are others: traced are all, and chosen below by what strace has seen.
  const tracer = new KernelTracer({ target, events: ['exec', 'exit', 'fork', 'open', 'connect', 'accept'] });
  const calls = 'trace=open,openat,openat2,creat,connect,accept,accept4,execve,execveat';
  const command = `strace -f -q -xx -s 5000 -e ${calls} -o ${file} ${program}`;
  const subject = new KnownProcess(command, { cwd: folder });
  tracer.start();
  expect(await subject.run()).toBe(42);
  tracer.stop();
  expect(tracer.getStats()).toMatchObject({ lost: 0, dropped: 0, malformed: 0, tooLarge: 0 });
  const events = target.get(undefined, { order: 'timestamp' });
  target.close();
  return { lines: fs.readFileSync(file, 'latin1').trimEnd().split('\n'), events };
}

kernelTest(
  'opens, connections, programs and ends are those of strace, one by one',
  async () => {
    const program = mayTrace ? compile('tapio-oracle', PROGRAM) : undefined;
    if (program === undefined) return console.log('skipped: no strace that may trace here, or no compiler');
    fs.writeFileSync(path.join(folder, 'script'), `#!${program} leaf\n`, { mode: 0o755 });
    const thirtyTwos = makeThirtyTwo() ? 1 : 0;
    const { lines, events } = await underBoth(program);
    const { calls, ends } = callsOf(lines);
    const pids = new Set([...calls.map(({ pid }) => pid), ...ends.keys()]);
    const ofTree = events.filter(({ kernel }) => pids.has(kernel!.tid!) || pids.has(kernel!.pid!));
    const of = (type: string): UnifiedEvent[] => ofTree.filter((event) => event.type === type);
    const named = (...names: string[]): Call[] => calls.filter(({ name }) => names.includes(name));

    const opened = named('open', 'openat', 'openat2', 'creat');
    expect(opened.length).toBeGreaterThan(120);
    expect(
      of('file.open').map(({ kernel }) => ({
        tid: kernel!.tid,
        path: short(kernel!.args?.path?.slice(0, LONGEST)),
        result: kernel!.returnCode,
      })),
    ).toEqual(
      opened.map(({ pid, args, result }) => ({
        tid: pid,
        path: short(spelt(textIn(args)?.subarray(0, LONGEST))),
        result,
      })),
    );

    const connected = named('connect');
    expect(connected.length).toBeGreaterThan(10 + 5 * thirtyTwos);
    expect(connected.filter(({ result }) => result === undefined)).toHaveLength(1);
    expect(
      of('network.connect').map(({ kernel, network }) => [kernel!.returnCode, network?.destPort]),
    ).toEqual(
      connected.map(({ args, result }) => {
        const port = /sin6?_port=htons\((\d+)\)/.exec(args)?.[1];
        return [result, port === undefined ? undefined : Number(port)];
      }),
    );
    const accepted = named('accept', 'accept4').filter(({ result }) => result! >= 0);
    expect(accepted).toHaveLength(2 + 3 * thirtyTwos);
    expect(
      of('network.accept')
        .filter(({ kernel }) => kernel!.returnCode! >= 0)
        .map(({ kernel }) => kernel!.returnCode),
    ).toEqual(accepted.map(({ result }) => result));

    const executed = named('execve', 'execveat').filter(({ result }) => result === 0);
    const argvOf = ({ args }: Call): string[] =>
      [.../\[(.*?)\]/s.exec(args)![1].matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex]) =>
        spelt(Buffer.from(hex.replaceAll('\\x', ''), 'hex'))!,
      );
    const script = (words: string[]): string[] =>
      words[0] === 'ignored' ? [program, 'leaf', './script', ...words.slice(1)] : words;
    expect(of('process.exec').map(({ kernel }) => JSON.parse(kernel!.args!.argv) as string[])).toEqual(
      executed.map((call) => script(argvOf(call)).slice(0, 64)),
    );
    expect(executed.length).toBe(8 + thirtyTwos);

    const leaders = [...ends].filter(([pid]) => of('process.exit').some(({ kernel }) => kernel!.pid === pid));
    expect(leaders.map(([, end]) => end)).toEqual(
      expect.arrayContaining(['killed by SIGTERM', 'exited with 9', 'exited with 42']),
    );
    expect(leaders.length).toBe(9 + thirtyTwos);
    for (const [pid, end] of leaders) {
      const { returnCode, args } = of('process.exit').find(({ kernel }) => kernel!.pid === pid)!.kernel!;
      expect(args!.signal === undefined ? `exited with ${returnCode}` : `killed by ${args!.signal}`).toBe(
        end,
      );
    }
  },
  60_000,
);
