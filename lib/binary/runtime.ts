/** What runs JavaScript here, as `Node 20.20.2`. Bun and Deno also have the version of a Node whose API they follow. */
export function runtimeName(): string {
  const { bun, deno, node } = process.versions;
  if (bun !== undefined) return `Bun ${bun}`;
  return deno === undefined ? `Node ${node}` : `Deno ${deno}`;
}
