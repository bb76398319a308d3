/** A URL as it may be shown: without user and password. */
export function withoutSecret(url: string): string {
  return url.replace(/^(.*\/\/)?.*@/, '$1...@');
}
