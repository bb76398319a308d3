#!/usr/bin/env bash
# Compiles probe.bpf.c, loads and pins it, reads its ring buffer through BpfRingBufferSource, and checks what came
# out. Needs root and the Debian packages clang, bpftool and libbpf-dev. Without them, or without a kernel that
# permits it, says so and ends with 0.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
out=../../build/examples/bpf-ringbuf
bpffs=/sys/fs/bpf
pin=$bpffs/tapio-example-$$
mounted=0

skip() {
  echo "skipped: $1"
  exit 0
}
cleanup() {
  [ -z "${reader:-}" ] || kill "$reader" 2> /dev/null || true
  exec 3>&- # the loader ends with its input
  wait
  [ "$mounted" -eq 0 ] || umount "$bpffs"
}

[ "$(id -u)" -eq 0 ] || skip 'it takes root'
for tool in clang bpftool gcc; do
  command -v "$tool" > /dev/null || skip "not installed: apt-get install clang bpftool libbpf-dev"
done
[ -e /usr/include/bpf/bpf_helpers.h ] || skip 'not installed: apt-get install libbpf-dev'
[ -e /sys/kernel/btf/vmlinux ] || skip 'this kernel does not describe its types (BTF)'
if ! grep -q " $bpffs bpf " /proc/self/mounts; then
  mount -t bpf bpf "$bpffs" || skip "no bpf file system at $bpffs"
  mounted=1
fi
trap cleanup EXIT

mkdir -p "$out"
bpftool btf dump file /sys/kernel/btf/vmlinux format c > "$out/vmlinux.h"
case "$(uname -m)" in aarch64) arch=arm64 ;; *) arch=x86 ;; esac
clang -g -O2 -Wall -target bpf "-D__TARGET_ARCH_$arch" -I"$out" -c probe.bpf.c -o "$out/probe.bpf.o"
bpftool gen skeleton "$out/probe.bpf.o" name probe_bpf > "$out/probe.skel.h"
gcc -O2 -Wall -I"$out" loader.c -o "$out/loader" -lbpf

# until_says WORD FILE PID: waits for a line of a process that may also end.
until_says() {
  while ! grep -qs "$1" "$2"; do
    kill -0 "$3" 2> /dev/null || return 1
    sleep 0.05
  done
}

mkfifo "$out/input" 2> /dev/null || true
"$out/loader" "$pin" < "$out/input" > "$out/loader.log" 2>&1 &
loader=$!
exec 3> "$out/input"
until_says loaded "$out/loader.log" "$loader" || skip "the kernel refuses the program: $(cat "$out/loader.log")"

node read.mjs "$pin" > "$out/events.ndjson" 2> "$out/log" &
reader=$!
until_says reading "$out/log" "$reader"
for i in 1 2 3 4 5; do /bin/echo "example $i" > /dev/null; done
kill -INT "$reader"
wait "$reader"
reader=

node - "$out" "$$" << 'CHECK'
const fs = require('node:fs');
const [, , out, shell] = process.argv;
const lines = fs.readFileSync(`${out}/events.ndjson`, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
const ours = lines.filter(({ comm, args }) => comm === 'echo' && args.parent === shell);
const stats = JSON.parse(fs.readFileSync(`${out}/log`, 'utf8').trimEnd().split('\n').at(-1));
const ageMs = Math.max(...ours.map(({ timestamp }) => Math.abs(Date.now() - Number(BigInt(timestamp) / 1000000n))));
const right = ours.filter(({ args, uid }) => args.path === '/bin/echo' && args.arguments === '2' && uid === 0);
console.log(`${lines.length} events, ${right.length} of the 5 that were made, at most ${ageMs} ms old`);
console.log(JSON.stringify(stats));
const whole = stats.captured === stats.delivered && stats.delivered === lines.length && stats.malformed === 0;
process.exitCode = right.length === 5 && ours.length === 5 && whole && ageMs < 60000 ? 0 : 1;
CHECK
