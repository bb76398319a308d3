/** A series of figures as a line of characters. */

const BLOCKS = '▁▂▃▄▅▆▇█';
const ASCII = '_.-=+*%#';

/** The last `width` of them, the largest of those at full height. */
export function sparkline(values: readonly number[], width: number, isUnicode: boolean): string {
  const levels = isUnicode ? BLOCKS : ASCII;
  const shown = values.slice(-Math.max(1, width));
  const highest = Math.max(...shown, Number.MIN_VALUE);
  return shown
    .map((value) => levels[Math.min(levels.length - 1, Math.floor((Math.max(0, value) / highest) * 7.999))])
    .join('');
}

/** Whether the terminal of this environment shows more than ASCII. */
export function hasUnicode({ LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): boolean {
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
}
