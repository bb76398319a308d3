/** What events of connections tell, against what a known program did. */
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { UnifiedEvent } from '@tapio/performance';
import type { KernelTracerOptions } from '@tapio/performance/kernel';
import { compile } from '../support/c-program';
import { kernelTest, trace } from '../support/kernel';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-connections-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const servers: net.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});
/** A server of this process, which is not traced; its port. undefined where the address is none of this machine's. */
async function listen(host: string): Promise<number | undefined> {
  const server = net.createServer((socket) => socket.destroy());
  servers.push(server);
  server.listen(0, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    console.log(`skipped: ${(error as Error).message}`);
    return undefined;
  }
  return (server.address() as net.AddressInfo).port;
}

const HEAD = `
  #define _GNU_SOURCE
  #include <arpa/inet.h>
  #include <errno.h>
  #include <fcntl.h>
  #include <signal.h>
  #include <stddef.h>
  #include <stdlib.h>
  #include <string.h>
  #include <sys/socket.h>
  #include <sys/syscall.h>
  #include <sys/time.h>
  #include <sys/un.h>
  #include <unistd.h>
  struct sockaddr_in four(const char* host, int port) {
    struct sockaddr_in address = {AF_INET, htons(port)};
    inet_pton(AF_INET, host, &address.sin_addr);
    return address;
  }
  struct sockaddr_in6 six(const char* host, int port) {
    struct sockaddr_in6 address = {AF_INET6, htons(port)};
    inet_pton(AF_INET6, host, &address.sin6_addr);
    return address;
  }
  int own_port(int fd) {
    struct sockaddr_in6 address;
    socklen_t size = sizeof address;
    getsockname(fd, (void*)&address, &size);
    return ntohs(address.sin6_port);
  }
  void handle(int signal) {}
  // Again and again, as the first one may come before the call blocks.
  void begin_alarms() {
    struct sigaction action = {0};
    struct itimerval each = {{0, 20000}, {0, 20000}};
    action.sa_handler = handle;
    sigaction(SIGALRM, &action, 0);
    setitimer(ITIMER_REAL, &each, 0);
  }
  void end_alarms() {
    struct itimerval none = {0};
    setitimer(ITIMER_REAL, &none, 0);
  }
  int connect4(int type, const char* host, int port) {
    int fd = socket(AF_INET, type, 0);
    struct sockaddr_in address = four(host, port);
    connect(fd, (void*)&address, sizeof address);
    return fd;
  }
  int connect6(const char* host, int port) {
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 address = six(host, port);
    connect(fd, (void*)&address, sizeof address);
    return fd;
  }
  int listen6(const char* host) {
    int fd = socket(AF_INET6, SOCK_STREAM, 0), no = 0;
    struct sockaddr_in6 address = six(host, 0);
    setsockopt(fd, IPPROTO_IPV6, 26, &no, sizeof no);
    bind(fd, (void*)&address, sizeof address);
    listen(fd, 9);
    return fd;
  }
  int listen4(const char* host) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = four(host, 0);
    bind(fd, (void*)&address, sizeof address);
    listen(fd, 9);
    return fd;
  }`;

let programs = 0;
/** What a C program with this body connects and accepts; undefined where none can be made. */
async function connectionsOf(
  body: string,
  args: readonly (string | number)[] = [],
  options: Partial<KernelTracerOptions> & { flags?: readonly string[] } = {},
): Promise<UnifiedEvent[] | undefined> {
  const { flags = [], ...own } = options;
  const source = `${HEAD} int main(int count, char** words) { ${body} }`;
  const program = compile(`tapio-net-${programs++}`, source, flags);
  if (program === undefined) {
    console.log('skipped: gcc makes no program here');
    return undefined;
  }
  const { events, stats } = await trace(
    `${program} ${args.join(' ')}`,
    { events: ['connect', 'accept'], ...own },
    { cwd: folder },
  );
  expect(stats).toMatchObject({ lost: 0, dropped: 0, malformed: 0, tooLarge: 0 });
  return events;
}

const outcome = ({ kernel }: UnifiedEvent): number | undefined => kernel!.returnCode;
const port = expect.any(Number) as unknown;

kernelTest('a connect tells both ends and its outcome', async () => {
  const open = await listen('127.0.0.1');
  const open6 = await listen('::1');
  const events = await connectionsOf(
    `
    int port = atoi(words[1]), closed = listen4("127.0.0.1"), port6 = atoi(words[2]);
    int none = own_port(closed);
    close(closed);
    connect4(SOCK_STREAM, "127.0.0.1", port);
    if (port6) connect6("::1", port6);
    connect6("::ffff:127.0.0.1", port);
    connect4(SOCK_STREAM, "127.0.0.1", none);
    connect4(SOCK_STREAM | SOCK_NONBLOCK, "127.0.0.1", port);
    int udp = connect4(SOCK_DGRAM, "127.0.0.1", 53);
    struct sockaddr nothing = {AF_UNSPEC};
    connect(udp, &nothing, sizeof nothing);
    struct sockaddr_in good = four("127.0.0.1", port);
    connect(999, (void*)&good, sizeof good);
    connect(open("/dev/null", O_RDONLY), (void*)&good, sizeof good);
    connect(socket(AF_INET, SOCK_STREAM, 0), (void*)16, sizeof good);
    connect(socket(AF_INET, SOCK_STREAM, 0), (void*)&good, 5000);
    connect(socket(AF_INET, SOCK_STREAM, 0), (void*)&good, 3);`,
    [open!, open6 ?? 0],
  );
  if (events === undefined) return;
  const local = '127.0.0.1';
  const tcp = { protocol: 'tcp', direction: 'egress' };
  const to = (host: string, number: unknown): object => ({ ...tcp, destIP: host, destPort: number });
  expect(events.map((event) => [outcome(event), event.network])).toEqual([
    [0, { ...to(local, open), sourceIP: local, sourcePort: port }],
    ...(open6 === undefined ? [] : [[0, { ...to('::1', open6), sourceIP: '::1', sourcePort: port }]]),
    [0, { ...to(local, open), sourceIP: local, sourcePort: port }],
    [-111, to(local, port)],
    [-115, { ...to(local, open), sourceIP: local, sourcePort: port }],
    [0, { ...to(local, 53), protocol: 'udp', sourceIP: local, sourcePort: port }],
    // It takes the peer away.
    [0, { protocol: 'udp', direction: 'egress' }],
    [-9, { direction: 'egress', destIP: local, destPort: open }],
    [-88, { direction: 'egress', destIP: local, destPort: open }],
    [-14, tcp],
    [-22, tcp],
    [-22, tcp],
  ]);
  for (const { type, kernel } of events) {
    expect(type).toBe('network.connect');
    expect(kernel!.args).not.toHaveProperty('path');
  }
});

kernelTest('an accept tells both ends, whether or not the program asks for the address', async () => {
  const events = await connectionsOf(`
    struct sockaddr_storage room;
    socklen_t size = sizeof room;
    int four = listen4("127.0.0.1"), both = listen6("::");
    connect4(SOCK_STREAM, "127.0.0.1", own_port(four));
    accept(four, 0, 0);
    connect4(SOCK_STREAM, "127.0.0.1", own_port(four));
    accept4(four, (void*)&room, &size, SOCK_CLOEXEC);
    connect4(SOCK_STREAM, "127.0.0.1", own_port(both));
    accept(both, 0, 0);
    connect6("::1", own_port(both));
    accept(both, 0, 0);
    close(connect4(SOCK_STREAM, "127.0.0.1", own_port(four)));
    accept(four, 0, 0);
    fcntl(four, F_SETFL, O_NONBLOCK);
    accept(four, 0, 0);
    accept(999, 0, 0);`);
  if (events === undefined) return;
  const accepts = events.filter(({ type }) => type === 'network.accept');
  const connects = events.filter(({ type }) => type === 'network.connect');
  expect(accepts.length).toBe(7);
  const listener = accepts[0].network!.destPort;
  connects.forEach(({ network }, index) => {
    if (outcome(accepts[index])! < 0) return; // no IPv6 here
    expect(accepts[index].network).toEqual({ ...network, direction: 'ingress' });
    expect(outcome(accepts[index])).toBeGreaterThan(0);
  });
  // Nobody came: what is known is where they would have.
  expect([outcome(accepts[5]), accepts[5].network]).toEqual([
    -11,
    { protocol: 'tcp', direction: 'ingress', destIP: '127.0.0.1', destPort: listener },
  ]);
  expect([outcome(accepts[6]), accepts[6].network]).toEqual([-9, undefined]);
});

kernelTest('unix sockets tell their path, abstract ones with the NUL before it', async () => {
  const longest = 'l'.repeat(108);
  const events = await connectionsOf(`
    char* names[] = {"here", "\\0abs\\0tract-%d", "${longest}"};
    for (int i = 0; i < 3; ++i) {
      struct sockaddr_un address = {AF_UNIX};
      int bytes = i == 1 ? 13 : strlen(names[i]);
      memcpy(address.sun_path, names[i], bytes);
      socklen_t size = offsetof(struct sockaddr_un, sun_path) + bytes + (i == 0);
      int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
      bind(server, (void*)&address, size);
      listen(server, 1);
      connect(client, (void*)&address, size);
      accept(server, 0, 0);
    }
    struct sockaddr_un none = {AF_UNIX, "no/such\\nsocket\\xff"};
    connect(socket(AF_UNIX, SOCK_STREAM, 0), (void*)&none, sizeof none);
    connect(socket(AF_UNIX, SOCK_STREAM, 0), (void*)&none, 2);`);
  const paths = ['here', '\0abs\0tract-%d', longest];
  expect(
    events?.map((event) => [event.type, event.kernel!.args?.path, outcome(event)! >= 0, event.network]),
  ).toEqual(
    events && [
      ...paths.flatMap((name) => [
        ['network.connect', name, true, { protocol: 'unix', direction: 'egress' }],
        ['network.accept', name, true, { protocol: 'unix', direction: 'ingress' }],
      ]),
      ['network.connect', 'no/such\nsocket\ufffd', false, { protocol: 'unix', direction: 'egress' }],
      ['network.connect', undefined, false, { protocol: 'unix', direction: 'egress' }],
    ],
  );
});

kernelTest('what a signal interrupts has no return code', async () => {
  const events = await connectionsOf(`
    struct sockaddr_un address = {AF_UNIX, "full"};
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(server, (void*)&address, sizeof address);
    listen(server, 0);
    connect(socket(AF_UNIX, SOCK_STREAM, 0), (void*)&address, sizeof address);
    begin_alarms();
    connect(socket(AF_UNIX, SOCK_STREAM, 0), (void*)&address, sizeof address);
    end_alarms();
    accept(server, 0, 0);
    begin_alarms();
    accept(server, 0, 0);
    end_alarms();`);
  if (events === undefined) return;
  expect(
    events.map(({ kernel }) => [
      kernel!.args!.path,
      kernel!.args!.interrupted,
      (kernel!.returnCode ?? -1) >= 0,
    ]),
  ).toEqual([
    ['full', undefined, true],
    ['full', '-512', false],
    ['full', undefined, true],
    ['full', '-512', false],
  ]);
  expect(events[1].kernel).not.toHaveProperty('returnCode');
});

kernelTest('calls of the 32-bit table are told, also those by way of socketcall', async () => {
  if (process.arch !== 'x64') return console.log('skipped: needs x64');
  const open = await listen('127.0.0.1');
  const events = await connectionsOf(
    `
    static struct sockaddr_in address;
    static unsigned arguments[4];
    static struct sockaddr_in peer;
    static unsigned size = sizeof peer;
    #define CALL(number, a, b, c, d) __asm__ volatile("int $0x80" :: "a"(number), "b"(a), "c"(b), "d"(c), "S"(d) : "memory")
    address = four("127.0.0.1", atoi(words[1]));
    CALL(362, socket(AF_INET, SOCK_STREAM, 0), &address, sizeof address, 0);
    arguments[0] = socket(AF_INET, SOCK_STREAM, 0);
    arguments[1] = (unsigned)(long)&address;
    arguments[2] = sizeof address;
    CALL(102, 3, arguments, 0, 0);
    int server = listen4("127.0.0.1");
    address = four("127.0.0.1", own_port(server));
    CALL(362, socket(AF_INET, SOCK_STREAM, 0), &address, sizeof address, 0);
    CALL(364, server, &peer, &size, 0);
    CALL(362, socket(AF_INET, SOCK_STREAM, 0), &address, sizeof address, 0);
    arguments[0] = server;
    arguments[1] = arguments[2] = arguments[3] = 0;
    CALL(102, 18, arguments, 0, 0);
    CALL(102, 1, arguments, 0, 0);`,
    [open!],
    { flags: ['-no-pie'] },
  );
  if (events === undefined) return;
  if (events.length === 0) return console.log('skipped: this kernel has no 32-bit calls');
  expect(events.map((event) => [event.type, outcome(event)! >= 0, event.network?.destPort])).toEqual([
    ['network.connect', true, open],
    ['network.connect', true, open],
    ['network.connect', true, port],
    ['network.accept', true, port],
    ['network.connect', true, port],
    ['network.accept', true, port],
  ]);
  expect(events[3].network).toEqual({ ...events[2].network, direction: 'ingress' });
  expect(events[5].network).toEqual({ ...events[4].network, direction: 'ingress' });
});

kernelTest('only the chosen ports are told', async () => {
  const chosen = await listen('127.0.0.1');
  const other = await listen('127.0.0.1');
  const body = `
    int chosen = atoi(words[1]), other = atoi(words[2]);
    connect4(SOCK_STREAM, "127.0.0.1", chosen);
    connect4(SOCK_STREAM, "127.0.0.1", other);
    connect6("::ffff:127.0.0.1", chosen);
    connect6("::ffff:127.0.0.1", other);
    struct sockaddr_in good = four("127.0.0.1", chosen);
    connect(socket(AF_INET, SOCK_STREAM, 0), (void*)&good, 3);
    connect(socket(AF_INET, SOCK_STREAM, 0), (void*)16, sizeof good);
    struct sockaddr_un local = {AF_UNIX, "none"};
    memcpy(local.sun_path, &good.sin_port, 2);
    connect(socket(AF_UNIX, SOCK_STREAM, 0), (void*)&local, sizeof local);
    int server = listen4("127.0.0.1");
    connect4(SOCK_STREAM, "127.0.0.1", own_port(server));
    accept(server, 0, 0);`;
  const events = await connectionsOf(body, [chosen!, other!], { filters: { ports: [1, chosen!] } });
  expect(events?.map((event) => [outcome(event), event.network!.destPort])).toEqual(
    events && [
      [0, chosen],
      [0, chosen],
    ],
  );
  // Of accepts it is the port they are made at.
  const free = await freePort();
  const accepts = await connectionsOf(
    `int server = socket(AF_INET, SOCK_STREAM, 0), elsewhere = listen4("127.0.0.1"), yes = 1;
     struct sockaddr_in address = four("127.0.0.1", atoi(words[1]));
     setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
     bind(server, (void*)&address, sizeof address);
     listen(server, 9);
     connect4(SOCK_STREAM, "127.0.0.1", atoi(words[1]));
     accept(server, 0, 0);
     fcntl(server, F_SETFL, O_NONBLOCK);
     accept(server, 0, 0);
     connect4(SOCK_STREAM, "127.0.0.1", own_port(elsewhere));
     accept(elsewhere, 0, 0);`,
    [free],
    { filters: { ports: [free] }, events: ['accept'] },
  );
  expect(accepts?.map((event) => [outcome(event)! >= 0, event.network!.destPort])).toEqual(
    accepts && [
      [true, free],
      [false, free],
    ],
  );
});

async function freePort(): Promise<number> {
  const free = (await listen('127.0.0.1'))!;
  const server = servers.pop()!;
  server.close();
  await once(server, 'close');
  return free;
}
