/** Buffers, threads and processes that come and go, each story in a process of its own that must end well. */
import { runFixture } from '../support/children';

test.each<[string, string | RegExp]>([
  ['exit with live workers', 'exit'],
  ['exit in a worker', '5 1'],
  ['throw in a worker', 'thrown 1'],
  ['throw in a wake', 'thrown when woken'],
  ['the maker exits', '1,2 false 3 ERR_BUFFER_CLOSED'],
  ['the last instance is collected', 'ERR_BUFFER_CLOSED'],
  ['a waiting instance is not collected', '5'],
  ['instances that nobody wants are collected', 'bounded'],
  ['two copies of the package', '1,2 2 3,4 ERR_BUFFER_CLOSED'],
  ['idle buffers', '....'],
  ['idle after waits', 'idle'],
  ['a wait keeps the process alive', '8'],
])('%s', async (story, output) => {
  const { stdout, milliseconds } = await runFixture('lives.child', [story], ['--expose-gc'], 100_000);
  expect(stdout).toBe(output);
  expect(milliseconds).toBeLessThan(20_000);
});

test('a process that waits does not poll', async () => {
  const { stdout } = await runFixture('lives.child', ['waiting costs nothing']);
  const { cpuMs, switches } = JSON.parse(stdout) as { cpuMs: number; switches: number };
  expect(cpuMs).toBeLessThan(100);
  expect(switches).toBeLessThan(20);
});

test('exit with live workers, many times', async () => {
  for (let i = 0; i < 10; i++)
    expect((await runFixture('lives.child', ['exit with live workers'])).stdout).toBe('exit');
});
