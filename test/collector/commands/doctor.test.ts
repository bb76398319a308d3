/** `tapio doctor`. */
import { refusal } from '../../support/kernel';
import { besideOf, removeCgroups, withMemory } from '../../support/cgroups';
import { behind, Tapio, tapio } from '../cli';

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
  const [, held] = /^memory +128 MB, above which the kernel kills; other processes hold (\d+) of them$/m.exec(
    stdout,
  )!;
  expect(Number(held)).toBeGreaterThanOrEqual(20);
});

test('knows no other option', async () => {
  const { code, stderr } = await tapio(['doctor', '--fix']);
  expect(code).toBe(2);
  expect(stderr).toContain('"--fix"');
});
