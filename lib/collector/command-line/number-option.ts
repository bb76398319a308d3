/** Numbers on the command line. */
import { UsageError } from './command';

/** Throws UsageError for what is none, or is not from `min` to `max`. whole: integers only. */
export function numberIn(what: string, text: string, min: number, max: number, whole: boolean): number {
  const value = /^(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : NaN;
  if (!(value >= min && value <= max) || (whole && !Number.isInteger(value))) {
    const kind = whole ? 'a whole number' : 'a number';
    // What is that near to 0 is a limit of how the value is kept.
    const range = min < 1e-6 && min > 0 ? `above 0 up to ${max}` : `from ${min} to ${max}`;
    throw new UsageError(`${what} ${JSON.stringify(text)}: must be ${kind} ${range}`);
  }
  return value;
}

/** Likewise of an option that may be left out. */
export function numberOption(
  name: string,
  text: string | undefined,
  min: number,
  max: number,
  whole: boolean,
) {
  return text === undefined ? undefined : numberIn(`--${name}`, text, min, max, whole);
}
