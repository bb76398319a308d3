/** Where the headers of the running Node are, so that a build needs no download when they are installed. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

function hasHeaders(prefix) {
  return fs.existsSync(path.join(prefix, 'include', 'node', 'node_api.h'));
}

/**
 * The directory to hand to node-gyp as `--nodedir`: npm's `nodedir` setting, else the prefix of the running
 * Node if its headers lie there, else undefined (node-gyp then downloads the headers once).
 */
export function nodeDirectory() {
  const configured = process.env.npm_config_nodedir;
  if (configured && fs.existsSync(configured)) return configured;
  const prefix = path.resolve(path.dirname(process.execPath), '..');
  return hasHeaders(prefix) ? prefix : undefined;
}

/** The directory that holds node_api.h, wherever the last build took it from; undefined before any build. */
export function includeDirectory() {
  const cache = process.platform === 'darwin' ? 'Library/Caches' : '.cache';
  const candidates = [nodeDirectory(), path.join(os.homedir(), cache, 'node-gyp', process.versions.node)];
  const prefix = candidates.find((directory) => directory && hasHeaders(directory));
  return prefix && path.join(prefix, 'include', 'node');
}
