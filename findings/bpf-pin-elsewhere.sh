#!/usr/bin/env bash
# Asked for a pinned BPF map at a path that is not on a BPF file system, the kernel says that a permission is missing.
#
# Guess:     root gets EINVAL (it is no pinned object) or ENOENT; EACCES means that a right must be granted.
# Seen:      EACCES for an ordinary file, also for root with all capabilities. Only the file system's type tells the two apart.
# Versions:  Linux 6.18, Python of Debian 12; 2026-11-28
set -euo pipefail
[ "$(id -u)" = 0 ] && command -v python3 > /dev/null || { echo 'needs root and python3'; exit 77; }
python3 - << 'PY'
import ctypes, errno, platform, struct, tempfile
BPF_OBJ_GET = 7
number = {'x86_64': 321, 'aarch64': 280}[platform.machine()]
libc = ctypes.CDLL(None, use_errno=True)
with tempfile.NamedTemporaryFile() as file:
    path = ctypes.create_string_buffer(file.name.encode())
    attributes = ctypes.create_string_buffer(struct.pack('QII', ctypes.addressof(path), 0, 0))
    result = libc.syscall(number, BPF_OBJ_GET, attributes, 16)
seen = errno.errorcode.get(ctypes.get_errno()) if result < 0 else 'a descriptor'
print(f'Linux {platform.release()}: {seen}')
raise SystemExit(0 if seen == 'EACCES' else 1)
PY
