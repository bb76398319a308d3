import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(__dirname, '..', '..', '..');

/** The binary that this checkout loads, which is one for the machine that the tests run on, be it emulated. */
export function ownBinary(): string {
  const main = path.join(root, 'dist', 'collector', 'main.js');
  const { stdout, stderr } = spawnSync(process.execPath, [main, 'doctor', '--json'], { encoding: 'utf8' });
  const { binary } = JSON.parse(stdout || '{"binary":{}}') as { binary: { path?: string } };
  if (binary.path === undefined) throw new Error(`no binary: ${stdout}${stderr}`);
  return binary.path;
}
