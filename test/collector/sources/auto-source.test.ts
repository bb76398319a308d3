/** `--source auto`. */
import { refusal } from '../../support/kernel';
import { endAll, internal, summaryOf, tapio } from '../cli';

const { resolveAuto } =
  internal<typeof import('../../../dist/collector/sources/auto-source')>('sources/auto-source');

afterEach(endAll);

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
