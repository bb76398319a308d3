#!/usr/bin/env bash
# Asked for a pinned BPF map at a path that is not on a BPF file system, the kernel says that a permission is missing.
#
# Guess:     root gets EINVAL (it is no pinned object) or ENOENT; EACCES means that a right must be granted.
# Seen:      EACCES for every ordinary file, also for root with all capabilities. Only the file system's type tells the two apart.
# Versions:  Linux 6.18, bpftool 7.1.0 of Debian 12; 2026-11-28
set -euo pipefail
[ "$(id -u)" = 0 ] && command -v bpftool > /dev/null || { echo 'needs root and bpftool'; exit 77; }
file=$(mktemp)
trap 'rm -f "${file}"' EXIT
said=$(bpftool map show pinned "${file}" 2>&1 || true)
seen=$(echo "${said}" | grep -oE 'Permission denied|Invalid argument|No such file or directory' | head -n 1)
echo "Linux $(uname -r), $(bpftool version | head -n 1): ${seen}"
[ "${seen}" = 'Permission denied' ] || { echo 'changed: expected Permission denied'; exit 1; }
