/** A label and its figures as lines of the live table: in columns, or close together where there is no room for them. */
import { count, shortCount } from '../text/figures';
import { flow } from '../text/flow';

/** Below so many columns of a terminal there are no bars, and figures stand close together. */
export const WIDE = 64;
/** Below these, figures are short. */
const ROOMY = 79;

export const LABEL = 11;
const NARROW_LABEL = 8;
const GAP = '  ';

/** Figures of events, as there is room for. */
export function counter(width: number): (value: number) => string {
  return width < ROOMY ? (value) => shortCount(value, 1e6) : count;
}

/** Of one label. Each text has a figure and what it is; none is cut. */
export function figureLines(label: string, texts: readonly string[], width: number): string[] {
  const columns = inColumns(label, texts, width);
  if (width >= WIDE && columns.length <= width) return [columns];
  const line = `${label.padEnd(NARROW_LABEL)} ${texts.join(GAP)}`;
  return line.length <= width ? [line] : flow([`${label} ${texts[0]}`, ...texts.slice(1)], width, GAP);
}

function inColumns(label: string, [first, ...others]: readonly string[], width: number): string {
  const [firstWidth, otherWidth] = width < ROOMY ? [16, 17] : [18, 23];
  const rest = others.map((text) => `${text.padEnd(otherWidth)} `).join('');
  return `${label.padEnd(LABEL)} ${first.padEnd(firstWidth)} ${rest}`.trimEnd();
}
