/** What is loaded when: by count of files, since time hangs on the machine. */
import path from 'node:path';
import { runChild } from '../support/children';

const dist = path.join(__dirname, '../../../dist');

async function filesOf(file: string, ...args: string[]): Promise<string[]> {
  const { code, stderr } = await runChild('start-up.child', [path.join(dist, file), ...args]);
  expect(code).toBe(0);
  return (JSON.parse(stderr) as string[]).map((name) => path.relative(dist, name));
}

test('the root entry is one file, beside the addon and what loads it', async () => {
  const files = await filesOf('index.js');
  expect(files.filter((name) => !name.startsWith('..')).sort()).toEqual(['core.js', 'index.js']);
  expect(files.filter((name) => name.endsWith('.node'))).toHaveLength(1);
});

test.each(['--help', '--version'])('tapio %s loads neither a command nor the addon', async (option) => {
  const files = await filesOf('collector/main.js', option);
  expect(files).toContain('collector/main.js');
  expect(files.filter((name) => name.endsWith('-command.js') || name.endsWith('.node'))).toEqual([]);
  expect(files).not.toContain('core.js');
});

test('a module that is loaded by its own file is the one of the root entry', () => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- by path
  const load = (file: string): Record<string, unknown> => require(path.join(dist, file));
  const root = load('index.js');
  expect(load('errors.js').TapioError).toBe(root.TapioError);
  expect(load('buffers/event-buffer.js').EventBuffer).toBe(root.EventBuffer);
  expect(load('event/codec.js').encodeEvent).toBe(root.encodeEvent);
});

test('errors tell lines of the sources where Node is asked for them', async () => {
  const { stderr } = await runChild('bad-event.child', [], ['--enable-source-maps']);
  expect(stderr).toContain('ERR_CORRUPT_DATA');
  expect(stderr).toMatch(/lib[\\/]event[\\/]codec\.ts:\d+/);
});
