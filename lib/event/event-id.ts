/** Random ids for events, out of a pool of randomness that is refilled a few thousand ids at a time. */
const CHARACTERS = 32;
const BYTES_PER_ID = 16;
const IDS_PER_FILL = 4096;
/** Of one text of digits: it lives as long as any of them. */
const IDS_PER_TEXT = 16;

const pool = Buffer.alloc(IDS_PER_FILL * BYTES_PER_ID);
let used = pool.length;
let digits = '';
let at = 0;

/** 32 lower-case hex digits of cryptographic randomness: unique without any coordination. */
export function generateEventId(): string {
  if (at === digits.length) nextDigits();
  const start = at;
  at += CHARACTERS;
  return digits.slice(start, at);
}

function nextDigits(): void {
  if (used === pool.length) {
    // Loaded with the first id, as it takes a tenth of the time that the package takes to load.
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
    (require('node:crypto') as typeof import('node:crypto')).randomFillSync(pool);
    used = 0;
  }
  const end = used + IDS_PER_TEXT * BYTES_PER_ID;
  digits = pool.toString('hex', used, end);
  used = end;
  at = 0;
}
