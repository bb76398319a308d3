/** The two sides of the boundary must agree on the memory they share. */
import fs from 'node:fs';
import path from 'node:path';

/* eslint-disable @typescript-eslint/no-require-imports -- what the package does not export, of the same build */
const ours = (file: string): Record<string, any> =>
  require(path.join(__dirname, '../../../dist', file)) as Record<string, any>;
/* eslint-enable @typescript-eslint/no-require-imports */

const { HeaderWord } = ours('event/generated/encode');
const { Word, Ticket, Status, Limit, Layout, ...rest } = ours('buffers/staging');
const headerWords = Object.fromEntries(
  Object.entries(HeaderWord).map(([name, value]) => [`${name}_WORD`, value]),
);
const staging = {
  ...headerWords,
  ...ours('event/text-run'),
  ...Word,
  ...Ticket,
  ...Status,
  ...Limit,
  ...Layout,
  ...rest,
};
const header = fs.readFileSync(path.join(process.cwd(), 'native/addon/staging.h'), 'utf8');

/** `kPutSizes` as `PUT_SIZES`. */
function nameInTypeScript(name: string): string {
  return name
    .slice(1)
    .replace(/(?!^)([A-Z])/g, '_$1')
    .toUpperCase();
}

function constants(): [string, number][] {
  const values = new Map<string, number>();
  const read = (expression: string): number => {
    const terms = expression.replaceAll(/k\w+/g, (name) => String(values.get(name)));
    return terms
      .split('+')
      .map((term) => term.split('*').map(Number))
      .reduce((sum, factors) => sum + factors.reduce((product, factor) => product * factor, 1), 0);
  };
  for (const [, name, expression] of header.matchAll(/\b(k[A-Z]\w*) = ([^,;]+)[,;]/g))
    values.set(name, read(expression));
  return [...values];
}

test('every constant of staging.h has the same value in staging.ts', () => {
  const found = constants();
  expect(found.length).toBeGreaterThan(12);
  for (const [name, value] of found) {
    const inTypeScript = nameInTypeScript(name);
    // 64-bit words are counted in their own size there, and the size of the control is that of its buffer.
    const expected = ['CURSOR', 'END'].includes(inTypeScript) ? value / 2 : value;
    const actual =
      inTypeScript === 'CONTROL_BYTES'
        ? (staging.u32 as unknown as Uint32Array).byteLength
        : staging[inTypeScript];
    expect([name, actual]).toEqual([name, expected]);
  }
});
