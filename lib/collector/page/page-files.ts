/** The files of the live page: few, small, and read once. */
import fs from 'node:fs';
import path from 'node:path';

export interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};

const NAMES = ['page.html', 'page.css', 'page.js', 'uplot.js', 'uplot.css', 'uplot-license.txt'];

/** By path of the URL. */
export function readPageFiles(): ReadonlyMap<string, PageFile> {
  return new Map(
    NAMES.map((name) => {
      const bytes = fs.readFileSync(path.join(__dirname, 'files', name));
      return [name === 'page.html' ? '/' : `/${name}`, { type: TYPES[path.extname(name)], bytes }];
    }),
  );
}
