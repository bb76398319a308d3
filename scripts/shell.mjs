/** What every script here needs: the repository root, its options, running a command, and stopping with one clear message. */
import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Runs a command to its end, or ends it after `timeout` milliseconds, and never rejects. `code` is 127 when there is no such command;
 * `output` is stdout and stderr in the order they came.
 */
export function run(command, args, { cwd = root, env = process.env, timeout } = {}) {
  return new Promise((resolve) => {
    let output = '';
    let stdout = '';
    const child = spawn(command, args, { cwd, env, timeout, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', (error) => resolve({ code: 127, output: error.message, stdout }));
    child.on('close', (code, signal) => resolve({ code: code ?? 1, signal, output, stdout }));
  });
}

/** Runs a tool from node_modules/.bin with the Node that runs this script. */
export function runBin(name, args, options) {
  return run(process.execPath, [path.join(root, 'node_modules', '.bin', name), ...args], options);
}

/** Runs a command that must end with 0, and ends this process as failed if it does not. Returns its stdout. */
export async function runOrFail(command, args, options) {
  const { code, signal, output, stdout } = await run(command, args, options);
  if (code !== 0) fail(`${command} ${args.join(' ')} ended with ${signal ?? code}:\n${output.trimEnd()}`);
  return stdout;
}

/** True when the command exists and answers `--version`. */
export function has(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** `parseArgs` of what this process was given; ends it if that is nothing it knows. */
export function readArguments(config) {
  try {
    return parseArgs(config);
  } catch (error) {
    return fail(error.message, 2);
  }
}

/** Prints the message and ends the process: as failed, or with 2, as not to be called so. */
export function fail(message, code = 1) {
  console.error(message);
  process.exit(code);
}
