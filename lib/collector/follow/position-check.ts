/** What must be right with a file of positions before anything is opened or overwritten. */
import fs from 'node:fs';
import path from 'node:path';
import { UsageError } from '../command-line/command';
import { fileIdentity, type FileIdentity, STANDARD_OUTPUTS } from '../output/file-identity';
import { PositionFile } from './position-file';

/**
 * sink: the path of the file that events go to. inputs: files that are named as sources.
 * @throws UsageError if it is one of those, or standard output or error; what says why it cannot be read or written
 */
export function checkPositions(
  file: string,
  sink: string | undefined,
  sources: readonly string[],
  inputs: readonly FileIdentity[],
): void {
  const refuse = (other: string): never => {
    throw new UsageError(`--positions ${JSON.stringify(file)} is the file of ${other}`);
  };
  const place = placeOf(file);
  const isIt = (other: string): boolean => [place, `${place}.tmp`].includes(placeOf(other));
  if (sink !== undefined && isIt(sink)) refuse(`--sink ${JSON.stringify(`file:${sink}`)}`);
  for (const source of sources) if (isIt(source)) refuse(`--source ${JSON.stringify(`file:${source}`)}`);
  const stat = fs.statSync(file, { throwIfNoEntry: false, bigint: true });
  const others = [...inputs];
  for (const [fd, name] of STANDARD_OUTPUTS)
    others.push(...[fileIdentity(fd, name)].filter((each) => each !== undefined));
  const sinkStat =
    sink === undefined ? undefined : fs.statSync(sink, { throwIfNoEntry: false, bigint: true });
  if (sinkStat) {
    const { dev, ino } = sinkStat;
    others.push({ name: `--sink ${JSON.stringify(`file:${sink}`)}`, dev, ino });
  }
  const same = stat && others.find(({ dev, ino }) => dev === stat.dev && ino === stat.ino);
  if (same) refuse(same.name);
  new PositionFile(file).check();
}

/** The real path of what is there, or of what would be made. */
function placeOf(name: string, links = 40): string {
  const absolute = path.resolve(name);
  try {
    return fs.realpathSync(absolute);
  } catch {
    const directory = path.dirname(absolute);
    if (directory === absolute || links === 0) return absolute;
    const link = fs.lstatSync(absolute, { throwIfNoEntry: false })?.isSymbolicLink();
    if (link) return placeOf(path.resolve(directory, fs.readlinkSync(absolute)), links - 1);
    return path.join(placeOf(directory, links - 1), path.basename(absolute));
  }
}
