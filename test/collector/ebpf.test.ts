/** `tapio collect --source ebpf` and `auto`, and `tapio doctor`. */
import { execFileSync } from 'node:child_process';
import { eventFromJSON } from '@tapio/performance';
import { ddCommand, kernelTest, KnownProcess, refusal } from '../support/kernel';
import { endAll, internal, main, summaryOf, Tapio, tapio } from './cli';

afterEach(endAll);

const { resolveAuto } = internal<typeof import('../../dist/collector/auto-source')>('auto-source');

kernelTest('every event of the kernel is delivered, and the kernel counts are told', async () => {
  const run = new Tapio(['collect', '--source', 'ebpf', '--sink', 'stdout', '--json']);
  await run.started('stderr');
  const subject = new KnownProcess(ddCommand(500));
  await subject.run();
  run.child.kill('SIGINT');
  const result = await run.end();
  const summary = summaryOf(result);
  expect(result.code).toBe(0);
  expect(summary.kernel).toEqual({ captured: summary.produced, lost: 0 });
  expect(summary.produced).toBe(summary.delivered + summary.dropped);
  const events = result.stdout
    .trimEnd()
    .split('\n')
    .slice(0, -1)
    .map(eventFromJSON)
    .filter(({ kernel }) => kernel?.pid === subject.pid && kernel.comm === 'dd');
  const writes = events.filter(({ kernel }) => kernel!.syscall === 'write' && kernel!.returnCode === 1);
  expect(writes.length).toBe(500);
  expect(events.some(({ type }) => type === 'process.exit')).toBe(true);
});

test('auto, the default, says which source it takes and why', async () => {
  const result = await tapio(['collect', '--duration', '0.5', '--json']);
  expect(result.code).toBe(0);
  expect(Object.keys(summaryOf(result).sources)).toEqual([refusal === undefined ? 'ebpf' : 'proc']);
  expect(result.stderr).toMatch(
    refusal === undefined ? /source auto: ebpf, as / : /source auto: proc, as eBPF is not permitted: .*errno/,
  );
});

test('auto is ebpf or proc, each once', () => {
  const yes = { permitted: true };
  const no = { permitted: false, reason: 'EPERM' };
  const told: string[] = [];
  const tell = (text: string): void => void told.push(text);
  expect(resolveAuto(['auto', 'synthetic'], tell, () => yes)).toEqual(['ebpf', 'synthetic']);
  expect(resolveAuto(['proc', 'auto'], tell, () => no)).toEqual(['proc']);
  expect(resolveAuto(['stdin'], tell, () => no)).toEqual(['stdin']);
  expect(told).toEqual([expect.stringContaining('ebpf'), expect.stringMatching(/proc.*EPERM/)]);
});

describe('without the capabilities', () => {
  const unprivileged = (...args: string[]): string =>
    execFileSync(
      'setpriv',
      ['--bounding-set', '-all', '--inh-caps', '-all', process.execPath, main, ...args],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );

  kernelTest('auto falls back to proc', () => {
    const stdout = unprivileged('collect', '--duration', '0.3', '--json');
    expect(Object.keys(summaryOf({ code: 0, signal: null, stdout, stderr: '' }).sources)).toEqual(['proc']);
  });

  kernelTest('doctor tells the command that grants them', () => {
    const { ebpf } = JSON.parse(unprivileged('doctor', '--json')) as { ebpf: Record<string, unknown> };
    expect(ebpf).toMatchObject({
      permitted: false,
      reason: expect.stringMatching(/EPERM \(errno 1\)/),
      missing: ['CAP_BPF', 'CAP_PERFMON'],
      grant: `sudo setcap cap_bpf,cap_perfmon+ep ${process.execPath}`,
    });
    expect(unprivileged('doctor')).toMatch(/eBPF +no: .*\n +missing CAP_BPF and CAP_PERFMON: sudo setcap/);
  });
});

describe('doctor', () => {
  test('tells what it found', async () => {
    const { code, stdout } = await tapio(['doctor', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      binary: { path: expect.stringMatching(/tapio_performance\.node$/), kind: expect.any(String) },
      libc: expect.stringMatching(/^(glibc \d|musl|unknown)/),
      node: process.versions.node,
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
});
