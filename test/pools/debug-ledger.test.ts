import { execFileSync } from 'node:child_process';
import path from 'node:path';

test('an object that is collected while in use gives a warning that tells where it was taken', () => {
  const output = execFileSync(
    process.execPath,
    ['--expose-gc', path.join(__dirname, 'debug-ledger.fixture.js')],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 25_000,
    },
  );
  const { warnings, pools } = JSON.parse(output);
  expect(warnings).toHaveLength(2);
  for (const [place, warning] of [
    ['forgetObject', warnings.find(({ message }: Error) => message.includes('forgetObject'))],
    ['forgetEvent', warnings.find(({ detail }: { detail: string }) => detail.includes('forgetEvent'))],
  ]) {
    expect(warning).toMatchObject({ name: 'PoolLeakWarning', code: 'TAPIO_POOL_LEAK' });
    expect(warning.detail).toContain(place);
    expect(warning.detail).toContain('debug-ledger.fixture');
  }
  // Taken and never put back: still in use; only the one that is alive is listed.
  for (const { stats, outstanding } of pools) {
    expect(stats).toEqual({ allocated: 2, recycled: 0, inUse: 2, idle: 0 });
    expect(outstanding).toBe(1);
  }
});
