#!/usr/bin/env bash
# A process whose first thread has ended is a zombie without memory in /proc/PID/stat, while its other threads work.
#
# Guess:     state Z means that the process has ended and waits to be reaped.
# Seen:      state Z and a resident size of 0 for as long as any other thread runs; /proc/PID/task shows that one alive.
# Versions:  Linux 6.18, util-linux and Python of Debian 12; 2026-11-28
set -euo pipefail
command -v python3 > /dev/null || { echo 'needs python3'; exit 77; }
python3 - << 'PY'
import ctypes, os, platform, sys, threading, time
def state(path):
    fields = open(path + '/stat').read().rsplit(')', 1)[1].split()
    return fields[0], int(fields[21])
def work():
    # The first thread ends by itself, which takes a moment that nothing tells.
    for _ in range(1000):
        if state('/proc/self')[0] == 'Z': break
        time.sleep(0.01)
    leader = state('/proc/self')
    own = state(f'/proc/self/task/{threading.get_native_id()}')
    seen = f'process {leader[0]} with {leader[1]} pages, thread {own[0]}'
    print(f'Linux {platform.release()}: {seen}', flush=True)
    os._exit(0 if seen == 'process Z with 0 pages, thread R' else 1)
threading.Thread(target=work).start()
ctypes.CDLL(None).syscall(60 if platform.machine() == 'x86_64' else 93, 0)
PY
