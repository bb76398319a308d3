/** Texts in the cells of a terminal, where some characters take two and some none (Unicode Standard Annex 11, without its tables). */

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const NONE = /[\p{Mn}\p{Me}\u200b-\u200d]/u;

function widthOf(character: string): number {
  if (character < '\x7f') return 1;
  if (NONE.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Exactly `width` cells: cut with `~` at its end, or filled with spaces. */
export function padCells(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  let [kept, used, isCut] = ['', 0, false];
  for (const character of text) {
    const cells = widthOf(character);
    if (used + cells > width) {
      isCut = true;
      break;
    }
    kept += character;
    used += cells;
  }
  if (isCut && width > 0) {
    // Its last characters make room for the mark.
    const characters = [...kept];
    while (used > width - 1) used -= widthOf(characters.pop()!);
    kept = `${characters.join('')}~`;
    used++;
  }
  const space = ' '.repeat(Math.max(0, width - used));
  return align === 'left' ? kept + space : space + kept;
}

export function cellsOf(text: string): number {
  let cells = 0;
  for (const character of text) cells += widthOf(character);
  return cells;
}

/** As many of the first parts of a text as `width` cells hold. */
export function firstCells(parts: readonly string[], width: number): string[] {
  let used = 0;
  const end = parts.findIndex((part) => (used += cellsOf(part)) > width);
  return parts.slice(0, end < 0 ? parts.length : end);
}
