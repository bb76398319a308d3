/** Whole numbers in `kernel.args`, which may hold any text. undefined for what is none from 0 to 2^53 - 1. */
export function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
