/** Empty ones count as absent. undefined, too, where the runtime does not permit a look. */
export function environmentVariable(name: string): string | undefined {
  try {
    return process.env[name] || undefined;
  } catch {
    return undefined;
  }
}
