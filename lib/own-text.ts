/**
 * The same text in memory of its own: one that was cut out of another keeps that alive. For what is kept for long, as it costs a copy.
 */
export function ownText(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
