import { spawnSync } from 'node:child_process';
import { main } from '../collector/cli';

/** The binary that this checkout loads, which is one for the machine that the tests run on, be it emulated. */
export function ownBinary(): string {
  const { stdout, stderr } = spawnSync(process.execPath, [main, 'doctor', '--json'], { encoding: 'utf8' });
  const { binary } = JSON.parse(stdout || '{"binary":{}}') as { binary: { path?: string } };
  if (binary.path === undefined) throw new Error(`no binary: ${stdout}${stderr}`);
  return binary.path;
}
