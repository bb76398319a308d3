/** The packages we are compared with, from the folder that `npm run bench:peers` installs them in. */
import { createRequire } from 'node:module';
import path from 'node:path';

export const peersFolder = path.resolve(__dirname, '../../../bench/peers');

/** The module of a peer, or a file by its path from bench/peers. */
export const peer = createRequire(path.join(peersFolder, 'package.json')) as <T>(name: string) => T;
