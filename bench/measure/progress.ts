/** One line on stderr that says what runs now; lines of their own where nobody watches. */

const WIDTH = 79;

export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text.slice(0, WIDTH).padEnd(WIDTH)}`);
  else process.stderr.write(`${text.slice(0, WIDTH)}\n`);
}

export function progressDone(): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${' '.repeat(WIDTH)}\r`);
}
