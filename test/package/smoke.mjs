/** Runs in an empty folder with only the package installed. */
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { RingBuffer, TapioError } from '@tapio/performance';

const require = createRequire(import.meta.url);
assert.strictEqual(RingBuffer, require('@tapio/performance').RingBuffer);

const ring = new RingBuffer(2);
assert.strictEqual(ring.tryPut(new Uint8Array([9])), true);
assert.deepStrictEqual(Array.from(ring.get()), [9]);
assert.throws(() => new RingBuffer(3), TapioError);

const { exports: entries } = JSON.parse(
  readFileSync(require.resolve('@tapio/performance/package.json'), 'utf8'),
);
for (const [subpath, entry] of Object.entries(entries)) {
  if (!entry.import) continue;
  const specifier = `@tapio/performance${subpath.slice(1)}`;
  const [imported, required] = [await import(specifier), require(specifier)];
  for (const [key, value] of Object.entries(required))
    assert.strictEqual(imported[key], value, `${specifier} ${key}`);
}
