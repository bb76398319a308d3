/** Signals that were ignored when the command was started mean nothing to it. */
import path from 'node:path';
import { command, endAll, summaryOf, Tapio } from '../cli';

afterEach(endAll);

const synthetic = ['collect', '--source', 'synthetic', '--rate', '1000', '--json'];
/** The command finds its Node by the path, as any program with `env node` does. */
const env = { PATH: `${path.dirname(process.execPath)}:${process.env.PATH}` };

/** Resolves when it has gone on: with two more lines of progress. */
async function goesOn(run: Tapio): Promise<void> {
  const lines = (text: string): number => text.split('dropped').length;
  const before = lines(run.output.stderr);
  await run.until('stderr', (text) => lines(text) >= before + 2);
}

async function expectEnd(run: Tapio): Promise<void> {
  const result = await run.end();
  const { produced, delivered } = summaryOf(result);
  expect(result.code).toBe(0);
  expect(produced).toBe(delivered);
  expect(result.stderr.match(/stopping/g)).toHaveLength(1);
}

if (process.platform === 'linux') {
  test('a hangup does not end what nohup has started', async () => {
    const run = new Tapio(synthetic, env, ['nohup', command]);
    await run.started('stderr');
    run.child.kill('SIGHUP');
    await goesOn(run);
    expect(run.output.stderr).not.toContain('stopping');
    run.child.kill('SIGTERM');
    await expectEnd(run);
  });

  test('Ctrl-C does not end what a shell has started in the background', async () => {
    const background = ['sh', '-c', '"$0" "$@" & echo "process $!" >&2; wait $!', command];
    const run = new Tapio(synthetic, env, background);
    await run.started('stderr');
    const pid = Number(/^process (\d+)$/m.exec(run.output.stderr)?.[1]);
    process.kill(pid, 'SIGINT');
    await goesOn(run);
    expect(run.output.stderr).not.toContain('stopping');
    process.kill(pid, 'SIGTERM');
    await expectEnd(run);
  });
}

test('the command hears signals where none was ignored', async () => {
  const run = new Tapio(synthetic, env, [command]);
  await run.started('stderr');
  run.child.kill('SIGHUP');
  await expectEnd(run);
});
