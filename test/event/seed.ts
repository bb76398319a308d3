/** The seed of random tests: SEED from the environment, else the clock. Tests carry it in their name. */
export const seed = Number(process.env.SEED ?? Date.now() % 0x7fffffff);

/** Repeatable randomness from 0 to 1 (mulberry32). */
export function randomness(from: number): () => number {
  let state = from | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
