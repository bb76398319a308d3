/** A subject that messages can be published under: words between dots, and no wildcard. */
export function isSubject(text: string): boolean {
  return /^[^\s.*>]+(\.[^\s.*>]+)*$/.test(text);
}
