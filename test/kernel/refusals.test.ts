/** What is refused is told for what it is: by the error, and by `tapio doctor`. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fixture } from '../support/children';
import { kernelTest, refusal } from '../support/kernel';
import { compilePreload } from '../support/preload';

const root = path.resolve(__dirname, '..', '..', '..');
const main = path.join(root, 'dist', 'collector', 'main.js');
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-refusals-'));
afterAll(() => fs.rmSync(directory, { recursive: true }));

interface Ebpf {
  permitted: boolean;
  reason?: string;
}

describe('another kernel', () => {
  const shim = compilePreload('other-kernel');
  afterAll(() => shim.release());
  const on = (kernel: string, args: readonly string[]): string =>
    execFileSync(process.execPath, args, {
      encoding: 'utf8',
      env: { ...process.env, ...shim.env, [kernel]: '1' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  const shimTest: typeof kernelTest = (name, run) => {
    if (shim.missing === undefined) kernelTest(name, run);
    else test(`${name} (skipped)`, () => console.log(`skipped: ${shim.missing}`));
  };

  shimTest('that is locked down: doctor says so, as start does, and auto takes another source', () => {
    const { ebpf } = JSON.parse(on('LOCKED_DOWN', [main, 'doctor', '--json'])) as { ebpf: Ebpf };
    const reason = /cannot load the program, .*EINVAL \(errno 22\).*lockdown/;
    expect(ebpf).toMatchObject({ permitted: false, reason: expect.stringMatching(reason) });
    expect(JSON.parse(on('LOCKED_DOWN', [fixture('tracer-refused.child')]))).toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringMatching(reason),
    });
    const summary = JSON.parse(on('LOCKED_DOWN', [main, 'collect', '--duration', '0.3', '--json'])) as {
      sources: object;
    };
    expect(Object.keys(summary.sources)).toEqual(['proc']);
  });

  shimTest('whose pages are larger than the ring buffer', () => {
    expect(JSON.parse(on('LARGE_PAGES', [fixture('tracer-refused.child'), '4096']))).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.stringMatching(/ringSize.*65536.*4096/),
    });
  });
});

describe('a Node with the capabilities of its file', () => {
  const node = path.join(directory, 'node');
  let missing: string | undefined = refusal;
  const user = { uid: 4242, gid: 4242, encoding: 'utf8' } as const;
  if (missing === undefined) {
    try {
      fs.copyFileSync(process.execPath, node);
      fs.chmodSync(node, 0o755);
      fs.chmodSync(directory, 0o755);
      execFileSync('setcap', ['cap_bpf,cap_perfmon+ep', node], { stdio: 'pipe' });
      // It may not read what a process that may be traced by its user could.
      const script =
        "try { require('fs').readFileSync('/proc/self/auxv'); } catch ({ code }) { console.log(code); }";
      const code = execFileSync(node, ['-e', script], { ...user, stdio: 'pipe' });
      if (code !== 'EACCES\n') missing = 'this user may not run it with the capabilities of its file';
    } catch (error) {
      missing = (error as Error).message;
    }
  }
  const fileTest = (name: string, run: () => void): void => {
    if (missing === undefined) test(name, run);
    else test(`${name} (skipped)`, () => console.log(`skipped: ${missing}`));
  };
  const tapio = (...args: string[]): string =>
    execFileSync(node, [main, ...args], { ...user, stdio: ['ignore', 'pipe', 'inherit'] });

  fileTest('may trace, as doctor says', () => {
    expect(JSON.parse(tapio('doctor', '--json'))).toMatchObject({ ebpf: { permitted: true, missing: [] } });
    expect(tapio('collect', '--source', 'ebpf', '--duration', '0.3', '--json')).toMatch(/"kernel":/);
  });

  fileTest('may sample /proc', () => {
    const summary = JSON.parse(tapio('collect', '--source', 'proc', '--duration', '0.3', '--json')) as {
      sources: object;
    };
    expect(Object.keys(summary.sources)).toEqual(['proc']);
  });
});
