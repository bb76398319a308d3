import { runFixture } from '../support/children';

/** A text of 36 characters, 2 bytes each, with its header and the object that cuts it; and what the engine has grown by meanwhile. */
const OWN_BYTES = 36 * 2 + 64 + 120;

test('a text that is kept keeps at most 1 KiB beside itself, however long its event is', async () => {
  const { stdout } = await runFixture('kept-texts', [], ['--expose-gc']);
  const kept = Object.entries(JSON.parse(stdout) as Record<string, number>);
  expect(kept).toHaveLength(11);
  for (const [name, bytes] of kept)
    expect([name, bytes, bytes <= 1024 + OWN_BYTES]).toEqual([name, bytes, true]);
});
