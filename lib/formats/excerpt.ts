/** Text from outside in a message for a person: what could steer a terminal, or hide, is shown as an escape. */

const EXCERPT = 40;

/** Controls, the marks that reorder or hide text, and halves of pairs. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]/gu;

/** The first characters, in quotes. */
export function excerpt(text: string): string {
  const start = safeText(text.slice(0, EXCERPT).replace(/["\\]/g, '\\$&'));
  return text.length > EXCERPT ? `"${start}"... (${text.length} characters)` : `"${start}"`;
}

/** A message that holds text from outside. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}
