/** `tapio doctor`. */
import { refusal } from '../../support/kernel';
import { tapio } from '../cli';

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

test('knows no other option', async () => {
  const { code, stderr } = await tapio(['doctor', '--fix']);
  expect(code).toBe(2);
  expect(stderr).toContain('"--fix"');
});
