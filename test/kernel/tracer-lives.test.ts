/** Tracers and threads that come and go leave nothing behind; without privileges the error says what is missing. */
import { execFileSync } from 'node:child_process';
import { fixture, runFixture } from '../support/children';
import { kernelTest } from '../support/kernel';

interface Census {
  files: number;
  mappings: number;
  threads: number;
}

function expectNothingLeft(before: Census, after: Census, rounds: number): void {
  expect(after.files).toBe(before.files);
  expect(after.threads).toBeLessThanOrEqual(before.threads + 1);
  // A tracer has two mappings and a stack; the engine maps and unmaps for itself.
  expect(after.mappings - before.mappings).toBeLessThan(rounds / 4);
}

kernelTest(
  '200 starts and stops',
  async () => {
    const { stdout } = await runFixture('tracer-lives.child', ['cycles', '200']);
    const { before, after, longest } = JSON.parse(stdout) as {
      before: Census;
      after: Census;
      longest: number;
    };
    expectNothingLeft(before, after, 200);
    expect(longest).toBeLessThan(100);
  },
  60_000,
);

kernelTest(
  '100 terminated threads',
  async () => {
    const { stdout } = await runFixture('tracer-lives.child', ['terminate', '100']);
    const { before, after } = JSON.parse(stdout) as { before: Census; after: Census };
    expectNothingLeft(before, after, 100);
  },
  60_000,
);

kernelTest(
  'threads that exit, throw, return or close the buffer',
  async () => {
    const { stdout } = await runFixture('tracer-lives.child', ['ends', '40']);
    const { before, after } = JSON.parse(stdout) as { before: Census; after: Census };
    expectNothingLeft(before, after, 40);
  },
  60_000,
);

kernelTest('a process exits beside a tracer whose target is full', async () => {
  const { milliseconds } = await runFixture('tracer-lives.child', ['process exit', '1']);
  expect(milliseconds).toBeLessThan(5000);
});

kernelTest('in a pid namespace, ids are those of the namespace, and this process is not traced', () => {
  const stdout = execFileSync(
    'unshare',
    ['--pid', '--fork', '--mount-proc', process.execPath, fixture('tracer-namespace.child')],
    { encoding: 'utf8' },
  );
  const { own, pid, exec, exit, ownEvents } = JSON.parse(stdout) as Record<string, unknown>;
  expect(own).toBe(1);
  // Another process of the machine may be called the same.
  expect(exec).toContain(pid);
  expect(exit).toContain(pid);
  expect(pid).toBeLessThan(100);
  expect(ownEvents).toBe(0);
});

describe('without the capabilities', () => {
  const refusedTo = (...drop: string[]): { name: string; code: string; message: string } =>
    JSON.parse(
      execFileSync('setpriv', [...drop, process.execPath, fixture('tracer-refused.child')], {
        encoding: 'utf8',
      }),
    ) as { name: string; code: string; message: string };

  kernelTest('the error names both', () => {
    const error = refusedTo('--bounding-set', '-all', '--inh-caps', '-all');
    expect(error).toMatchObject({ name: 'TapioError', code: 'ERR_UNSUPPORTED' });
    expect(error.message).toMatch(
      /EPERM \(errno 1\).*missing CAP_BPF and CAP_PERFMON: .*docker run .*--cap-add BPF --cap-add PERFMON/,
    );
  });

  kernelTest('or the one that is missing', () => {
    const error = refusedTo('--bounding-set', '-bpf,-sys_admin');
    expect(error.code).toBe('ERR_UNSUPPORTED');
    expect(error.message).toMatch(/missing CAP_BPF:/);
    expect(refusedTo('--bounding-set', '-perfmon,-sys_admin').message).toMatch(/missing CAP_PERFMON:/);
  });
});
