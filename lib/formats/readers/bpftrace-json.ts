/** JSON of bpftrace with the faults that some versions have, put right. */

/**
 * On x86 every byte of a string from 80 on is written `\uffffffc3`: a signed char that became an int. JSON takes that for U+FFFF and the
 * letters `ffc3`. A run of them is UTF-8, as the program had it.
 */
const BYTES = /(?:\\uffffff[89a-fA-F][\da-fA-F])+/g;

export function hasSignedBytes(text: string): boolean {
  return text.includes('\\uffffff');
}

export function withSignedBytes(text: string): string {
  return text.replace(BYTES, (run) => {
    const bytes = Buffer.from(run.replaceAll('\\uffffff', ''), 'hex');
    return JSON.stringify(bytes.toString('utf8')).slice(1, -1);
  });
}

const LINE = /^\{"type":\s*"(\w+)",\s*"data":\s*/;
/** What stands where a value should, and is none. */
const BARE =
  /(":|\[)(?!\s*(?:["{[\]}]|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\s*[,}\]]|(?:true|false|null)\s*[,}\]]))([^,{}[\]"]+)(?=[,}\]])/g;

/** Quotes the values of strftime (before 0.22) and strerror, which are written bare. Undefined for a line that is not bpftrace's. */
export function withQuotedValues(text: string): string | undefined {
  const head = LINE.exec(text);
  if (head === null) return undefined;
  const trimmed = text.trimEnd();
  if (head[1] === 'value' && trimmed.endsWith('}') && text.charCodeAt(head[0].length) !== 0x22) {
    return `${head[0]}${JSON.stringify(trimmed.slice(head[0].length, -1).trim())}}`;
  }
  return (
    head[0] +
    text
      .slice(head[0].length)
      .replace(BARE, (_, before: string, value: string) => before + JSON.stringify(value.trim()))
  );
}
