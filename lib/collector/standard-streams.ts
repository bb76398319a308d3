/** Standard output and error: a write to them never throws, and one to stdout that fails is told and costs the exit code. */
import { ExitCode, isReaderGone } from './command';

let stdoutFailed = false;

/**
 * Call it once, before anything is written. A reader that went away (`| head`) is no failure: what is written
 * after that is dropped here, and a command that should end then listens for itself.
 */
export function guardStandardStreams(): void {
  reportThrown(process.stdout);
  reportThrown(process.stderr);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (stdoutFailed || isReaderGone(error)) return;
    stdoutFailed = true;
    process.exitCode = ExitCode.Failed;
    process.stderr.write(`tapio: stdout: ${error.message}\n`);
  });
  // There is nowhere left to tell it.
  process.stderr.on('error', () => {});
}

/** The code to exit with, unless stdout has failed or fails before the exit. */
export function setExitCode(code: number): void {
  process.exitCode = stdoutFailed ? ExitCode.Failed : code;
}

/** Node's stream for a file throws out of write() and hangs after that; others emit 'error', so this one is made to. */
function reportThrown(stream: NodeJS.WriteStream): void {
  const write = stream._write.bind(stream);
  stream._write = (chunk, encoding, callback) => {
    try {
      write(chunk, encoding, callback);
    } catch (error) {
      callback(error as Error);
    }
  };
}
