/** Random sequences of commands against a model. Their seed is in the name of each test; SEED repeats it, RUNS_SCALE multiplies them. */
import fc from 'fast-check';
import { seed } from '../event/seed';

const scale = Number(process.env.RUNS_SCALE ?? 1);

/** Checks `runs` sequences of up to 60 commands and shrinks the first that fails. */
export function checkSequences<Command>(
  runs: number,
  command: fc.Arbitrary<Command>,
  run: (commands: readonly Command[]) => void,
): void {
  // 'max' as the size makes long sequences the rule.
  fc.assert(fc.property(fc.array(command, { maxLength: 60, size: 'max' }), run), {
    seed,
    numRuns: Math.ceil(runs * scale),
  });
}

// Looked up once: globals are slow under Jest, and models compare millions of values.
const { is } = Object;

export function equal(what: string, actual: unknown, expected: unknown): void {
  if (!is(actual, expected)) throw new Error(`${what}: got ${String(actual)}, expected ${String(expected)}`);
}

/** Compares the named numbers and flags of two objects, and that there are no others. */
export function equalFields(actual: object, expected: object): void {
  let fields = 0;
  for (const name in expected) {
    fields++;
    equal(name, actual[name as never], expected[name as never]);
  }
  equal('number of fields', Object.keys(actual).length, fields);
}

export { seed };
export const count = fc.nat({ max: 80 });
export const small = fc.nat({ max: 5 });
/** Mostly few; now and then more than one chunk. */
export const batchCount = fc.oneof(
  { weight: 5, arbitrary: fc.nat({ max: 9 }) },
  { weight: 1, arbitrary: fc.nat({ max: 75 }) },
);
