/**
 * Runs what depends on the kernel on others: the core tests of native/kernel, `tapio collect --source ebpf` on a few commands, and
 * `tapio collect` in 64 MB of a cgroup of version 2. Each kernel is Debian's, from its package, started by qemu in software emulation
 * with an initramfs that holds what is run and nothing else. Only behaviour counts there, never times.
 *
 *   npm run test:kernels [-- PACKAGE...]    default: linux-image-cloud-amd64 linux-image-6.12-cloud-amd64
 *
 * Needs Debian's qemu-system-x86, busybox-static, cpio and, on x64, g++; and a build (`npm run build`).
 */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fail, root, runOrFail } from './shell.mjs';

const DEFAULT_PACKAGES = ['linux-image-cloud-amd64', 'linux-image-6.12-cloud-amd64'];
const TESTS = ['kernel_btf_test', 'kernel_details_test', 'kernel_source_test'];
const LIMIT_MINUTES = 20;
/** What the commands of `init` must have made: of each a line of the collector's text form. */
const WANTED = [
  /process\.exec +busybox \(\d+\) runs \/bin\/busybox echo from the inside/,
  /process\.exit +busybox \(\d+\) ended/,
  /file\.open +\S+ \(\d+\) opened \/etc\/marker/,
  /network\.connect +\S+ \(\d+\) could not connect to 127\.0\.0\.1:7: ECONNREFUSED/,
];

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-kernels-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));

/** The package that a meta package stands for. */
async function imageOf(name) {
  const depends = await runOrFail('apt-cache', ['depends', '--important', name]);
  return /Depends: (linux-image-\d\S+)/.exec(depends)?.[1] ?? name;
}

async function kernelOf(image) {
  const to = path.join(folder, image);
  fs.mkdirSync(to);
  await runOrFail('apt-get', ['-q', '-o', 'APT::Sandbox::User=root', 'download', image], { cwd: to });
  await runOrFail('dpkg-deb', ['-x', fs.readdirSync(to)[0], 'files'], { cwd: to });
  const boot = path.join(to, 'files', 'boot');
  return path.join(
    boot,
    fs.readdirSync(boot).find((name) => name.startsWith('vmlinuz')),
  );
}

/** Everything but the kernel, as one file that it unpacks. */
async function initramfs() {
  const to = path.join(folder, 'root');
  const copy = (from, at = from) => {
    fs.mkdirSync(path.dirname(path.join(to, at)), { recursive: true });
    fs.cpSync(from, path.join(to, at), { recursive: true, dereference: true });
  };
  for (const name of ['proc', 'sys', 'dev', 'tmp', 'etc'])
    fs.mkdirSync(path.join(to, name), { recursive: true });
  fs.writeFileSync(path.join(to, 'etc', 'marker'), 'seen\n');
  copy('/bin/busybox');
  await runOrFail('make', [
    '-s',
    '-C',
    'test/core',
    ...TESTS.map((name) => `../../build/core/plain/${name}`),
  ]);
  const prebuilt = path.join(root, 'prebuilds', `linux-${process.arch}`);
  const addon = path.join(
    prebuilt,
    fs.readdirSync(prebuilt).find((name) => name.includes('glibc')),
  );
  const tests = TESTS.map((name) => path.join(root, 'build', 'core', 'plain', name));
  for (const file of [process.execPath, addon, ...tests]) {
    const libraries = await runOrFail('ldd', [file]);
    for (const [, library] of libraries.matchAll(/(\/\S+) \(0x/g)) copy(library);
  }
  for (const test of tests) copy(test, path.join('tests', path.basename(test)));
  copy(process.execPath, 'node');
  for (const part of ['package.json', 'bin', 'dist', 'prebuilds', 'proto', 'node_modules/node-gyp-build'])
    copy(path.join(root, part), path.join('tapio', part));
  fs.writeFileSync(path.join(to, 'init'), INIT, { mode: 0o755 });
  const file = path.join(folder, 'initramfs');
  const packed = spawnSync('sh', ['-c', `find . | cpio -o -H newc --quiet | gzip -1 > ${file}`], { cwd: to });
  if (packed.status !== 0) fail(`the initramfs was not made: ${packed.stderr}`);
  return file;
}

const INIT = `#!/bin/busybox sh
export PATH=/sbin:/bin:/
/bin/busybox --install -s /bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
ifconfig lo up
for test in ${TESTS.join(' ')}; do /tests/$test; echo "=== $test $?"; done
/tapio/bin/tapio.js doctor
/tapio/bin/tapio.js collect --source ebpf --events exec,exit,open,connect --duration 20 --sink stdout --sink-format text &
collector=$!
while kill -0 $collector 2> /dev/null; do
  /bin/busybox echo from the inside > /dev/null
  cat /etc/marker > /dev/null
  nc -w 1 127.0.0.1 7 < /dev/null 2> /dev/null
  sleep 1
done
wait $collector
echo "=== collect $?"
mount -t cgroup2 none /sys/fs/cgroup
echo +memory > /sys/fs/cgroup/cgroup.subtree_control
mkdir /sys/fs/cgroup/small /sys/fs/cgroup/small/below
echo 64M > /sys/fs/cgroup/small/memory.max
within() {
  sh -c 'echo $$ > "/sys/fs/cgroup/$0/cgroup.procs"; exec "$@"' "$@"
}
ring() {
  sed -n "s/.*CPU's ring (default \\([0-9]*\\)).*/=== $1 \\1 bytes/p"
}
/tapio/bin/tapio.js collect --help | ring ample
within small /tapio/bin/tapio.js collect --help | ring small
within small /tapio/bin/tapio.js collect --source synthetic --rate 165000 --duration 20 --sink stdout > /dev/null
echo "=== collect-in-64-MB $?"
within small/below /tapio/bin/tapio.js collect --source synthetic --rate 165000 --duration 20 --sink stdout > /dev/null
echo "=== collect-below-64-MB $?"
within small node -e 'Buffer.alloc(96 << 20, 1)'
echo "=== killed-in-64-MB $(($? - 137))"
poweroff -f
`;

/** Starts a kernel, shows what it prints, and tells what is missing in it. */
async function faultsOn(kernel, disk) {
  const args = ['-kernel', kernel, '-initrd', disk, '-append', 'console=ttyS0 quiet panic=-1'];
  // One CPU: with two, the emulation now and then runs a half patched instruction when a tracepoint is attached, and the kernel panics.
  const machine = ['-m', '1536', '-smp', '1', '-accel', 'tcg', '-no-reboot', '-nographic'];
  const child = spawn('qemu-system-x86_64', [...machine, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MINUTES * 60_000);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
    process.stdout.write(text.replaceAll('\r', ''));
  });
  await new Promise((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  const faults = [...TESTS, 'collect', 'collect-in-64-MB', 'collect-below-64-MB', 'killed-in-64-MB']
    .filter((name) => !output.includes(`=== ${name} 0`))
    .map((name) => `${name} failed`);
  for (const wanted of WANTED) if (!wanted.test(output)) faults.push(`no line like ${wanted}`);
  const ring = (name) => Number(new RegExp(`=== ${name} (\\d+) bytes`).exec(output)?.[1]);
  if (!(ring('small') < ring('ample'))) faults.push(`rings of ${ring('small')} bytes in 64 MB`);
  return faults;
}

const images = process.argv.length > 2 ? process.argv.slice(2) : DEFAULT_PACKAGES;
const disk = await initramfs();
const results = [];
for (const name of images) {
  const image = await imageOf(name);
  console.log(`--- ${image}`);
  results.push([image, await faultsOn(await kernelOf(image), disk)]);
}
console.log();
for (const [image, faults] of results)
  console.log(`${faults.length === 0 ? 'ok    ' : 'failed'}  ${image}  ${faults.join('; ')}`);
process.exitCode = results.every(([, faults]) => faults.length === 0) ? 0 : 1;
