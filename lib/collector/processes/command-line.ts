/** Argument vectors as one line that a shell would take as the same words. */

/** Words that mean themselves to a shell. */
const PLAIN = /^[\w@%+=:,./-]+$/;
/** What is cut off stays to be seen in the event itself. */
const LONGEST = 256;

/** argv: a JSON array of texts, as in `kernel.args`. undefined for any other text. */
export function wordsOf(argv: string): string[] | undefined {
  try {
    const words: unknown = JSON.parse(argv);
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : undefined;
  } catch {
    return undefined;
  }
}

/** isCut: the words are not all there were. Control characters stay what they are. */
export function commandLine(words: readonly string[], isCut: boolean): string {
  const line = words.map(quoted).join(' ');
  const shown = line.length > LONGEST ? line.slice(0, LONGEST) : line;
  return isCut || shown !== line ? `${shown} ...` : line;
}

function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
