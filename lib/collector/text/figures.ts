/** How figures are written for people. */
import { cellsOf, firstCells } from './cells';

/** 1234567.8 -> `1,234,568`. */
export function count(value: number): string {
  // Not toLocaleString: its first call loads locale data for tens of milliseconds, on the consumer's thread.
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** As `count` below `from`, and three digits with a unit from there on: 1234567 -> `1.23M`. */
export function shortCount(value: number, from: number): string {
  if (Math.round(value) < from) return count(value);
  const units = ['', 'k', 'M', 'G', 'T', 'P'];
  const [digits, exponent] = value.toExponential(2).split('e').map(Number);
  const unit = Math.min(units.length - 1, Math.floor(exponent / 3));
  const shift = exponent - unit * 3;
  return `${(digits * 10 ** shift).toFixed(Math.max(0, 2 - shift))}${units[unit]}`;
}

const MIB = 1 << 20;

/** Whole MiB of bytes that are there. */
export function megabytesFrom(bytes: number): number {
  return Math.floor(bytes / MIB);
}

/** Whole MiB that hold so many bytes. */
export function megabytesTo(bytes: number): number {
  return Math.ceil(bytes / MIB);
}

export function percent(value: number): string {
  return `${value < 99.95 ? value.toFixed(1) : value.toFixed(0)} %`;
}

/** Microseconds in the unit that reads best, `-` for null. */
export function micros(value: number | null): string {
  if (value === null) return '-';
  if (value < 1000) return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} us`;
  if (value < 1_000_000) return `${(value / 1000).toFixed(value < 10_000 ? 1 : 0)} ms`;
  return `${(value / 1_000_000).toFixed(1)} s`;
}

/** Whole milliseconds in the unit that reads best: `12 ms`, `3.2 s`, `4:05`. */
export function milliseconds(ms: number): string {
  if (ms < 1000) return `${ms} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : clock(ms);
}

/** 83 s -> `1:23`. */
export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  const head = hours > 0 ? `${hours}:${two(minutes)}` : `${minutes}`;
  return `${head}:${two(seconds % 60)}`;
}

/** `[#####-----]`, `width` characters with the brackets. share: 0 to 1; anything above 0 shows. */
export function bar(share: number, width: number): string {
  const cells = width - 2;
  const full = Math.min(cells, Math.max(share > 0 ? 1 : 0, Math.round(share * cells)));
  return `[${'#'.repeat(full)}${'-'.repeat(cells - full)}]`;
}

/** At most `width` cells of a terminal: a text that is too long is cut, with `...` in its middle. For names, paths and titles. */
export function fit(text: string, width: number): string {
  return fitParts(text, [...text], width);
}

/** A figure with its unit, which means something else when a part of it is gone; or any one character. */
const FIGURE = /\d(?:[\d.,:]*\d)?[a-zA-Z%]*(?: (?:%|[um]?s\b))?|./gsu;

/** Likewise, for lines of figures: none of these is cut, and what has no room is gone whole. */
export function fitFigures(line: string, width: number): string {
  return fitParts(line, line.match(FIGURE) ?? [], width);
}

/** parts: the smallest ones of the text that may be separated. */
function fitParts(text: string, parts: readonly string[], width: number): string {
  if (cellsOf(text) <= width) return text;
  if (width <= 3) return firstCells(parts, width).join('');
  const tail = firstCells(parts.toReversed(), Math.floor((width - 3) / 2))
    .reverse()
    .join('');
  const head = firstCells(parts, width - 3 - cellsOf(tail)).join('');
  return `${head}...${tail}`;
}
