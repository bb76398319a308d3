/** `tapio doctor`. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type * as MemoryModule from '../../../dist/collector/commands/memory-diagnosis';
import { refusal } from '../../support/kernel';
import { besideOf, removeCgroups, withMemory } from '../../support/cgroups';
import { behind, internal, Tapio, tapio } from '../cli';

const { diagnoseMemory, memoryTexts } = internal<typeof MemoryModule>('commands/memory-diagnosis');

afterAll(removeCgroups);

test('tells what it found', async () => {
  const { code, stdout } = await tapio(['doctor', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    binary: { path: expect.stringMatching(/tapio_performance\.node$/), kind: expect.any(String) },
    libc: expect.stringMatching(/^(glibc \d|musl|unknown)/),
    node: process.versions.node,
    runtime: `Node ${process.versions.node}`,
    platform: `${process.platform} ${process.arch}`,
    cpus: { online: expect.any(Number), available: expect.any(Number) },
    rseq: expect.any(Boolean),
    ebpf: { permitted: refusal === undefined, btf: expect.any(Boolean) },
  });
  const text = (await tapio(['doctor'])).stdout;
  for (const label of ['binary', 'platform', 'CPUs', 'rseq', 'eBPF'])
    expect(text).toMatch(new RegExp(`^${label} `, 'm'));
});

test('tells how much memory it has, and what others hold of it', async () => {
  const words = withMemory(128 * 2 ** 20);
  if (words === undefined) return;
  const alone = await new Tapio(['doctor'], {}, behind(...words)).end();
  expect(alone.stdout).toMatch(/^memory +128 MB, above which the kernel kills$/m);
  const beside = behind(...words, process.execPath, ...besideOf(20 * 2 ** 20));
  const { stdout } = await new Tapio(['doctor'], {}, beside).end();
  const [, held] =
    /^memory +128 MB, above which the kernel kills; other processes and files in a tmpfs hold (\d+) of them$/m.exec(
      stdout,
    )!;
  expect(Number(held)).toBeGreaterThanOrEqual(20);
});

test('where memory is little, tells of a disk whose pages drive out others', () => {
  const disks = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-disks-'));
  const room = { limit: 64 * 2 ** 20, others: 0 };
  const withDisk = (name: string, text: string): void => {
    fs.mkdirSync(path.join(disks, name, 'queue'), { recursive: true });
    fs.writeFileSync(path.join(disks, name, 'queue', 'read_ahead_kb'), text);
  };
  try {
    expect(diagnoseMemory(room, path.join(disks, 'none'))).toEqual(room);
    withDisk('vda', '128\n');
    expect(diagnoseMemory(room, disks)).toEqual(room);
    fs.mkdirSync(path.join(disks, 'loop0'));
    withDisk('vdb', '8192\n');
    withDisk('vdc', '4096\n');
    const file = path.join(disks, 'vdb', 'queue', 'read_ahead_kb');
    const diagnosis = diagnoseMemory(room, disks)!;
    expect(diagnosis).toEqual({ ...room, readAhead: { file, kilobytes: 8192 } });
    expect(memoryTexts(diagnosis)).toEqual([expect.any(String), expect.stringContaining(file)]);
    const ample = { limit: 512 * 2 ** 20, others: 0 };
    expect(diagnoseMemory(ample, disks)).toEqual(ample);
    expect(diagnoseMemory(undefined, disks)).toBeUndefined();
  } finally {
    fs.rmSync(disks, { recursive: true });
  }
});

test('knows no other option', async () => {
  const { code, stderr } = await tapio(['doctor', '--fix']);
  expect(code).toBe(2);
  expect(stderr).toContain('"--fix"');
});
