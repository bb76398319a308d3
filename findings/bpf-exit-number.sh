#!/usr/bin/env bash
# The number of a system call at its exit is not always that of the call.
#
# Guess:     raw_syscalls:sys_exit tells the number that raw_syscalls:sys_enter told for the same thread.
# Seen:      on x86-64 a successful execveat (322) exits as execve (59), and a return from a signal handler (15) as -1, with
#            whatever the interrupted program had in its register as "return value".
# Versions:  Linux 6.18, bpftrace 0.17.0 of Debian 12; 2026-11-28
set -euo pipefail
[ "$(id -u)" = 0 ] && command -v bpftrace > /dev/null && command -v gcc > /dev/null && [ "$(uname -m)" = x86_64 ] ||
  { echo 'needs root, bpftrace, gcc and x86-64'; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "${folder}"' EXIT
cd "${folder}"
cat > calls.c << 'C'
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
static void on_signal(int signal) { (void)signal; }
int main(void) {
  char* const none[] = {"true", 0};
  signal(SIGUSR1, on_signal);
  kill(getpid(), SIGUSR1);
  syscall(SYS_execveat, AT_FDCWD, "/bin/true", none, none + 1, 0);
}
C
gcc -o calls calls.c
program='
  tracepoint:raw_syscalls:sys_enter /pid == cpid && (args->id == 322 || args->id == 15)/ { @began[tid] = args->id; }
  tracepoint:raw_syscalls:sys_exit /@began[tid]/ { printf("%d->%d ", @began[tid], args->id); delete(@began[tid]); }'
seen=$(unshare --mount sh -c 'mount -t tracefs tracefs /sys/kernel/tracing; exec bpftrace -q -c ./calls -e "$0"' "${program}" 2> /dev/null | tr -d '\n')
echo "Linux $(uname -r), $(bpftrace --version): ${seen}"
[ "${seen}" = '15->-1 322->59 ' ] || { echo 'changed: expected 15->-1 322->59'; exit 1; }
