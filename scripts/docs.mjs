/**
 * The documentation as one static site in build/site: `npm run docs`. It opens from files and fetches nothing from elsewhere; a dead
 * link fails the build, and so does a comment that shows.
 */
import fs from 'node:fs';
import path from 'node:path';
import { writeApi } from './docs/api.mjs';
import { showsComment } from './docs/comments.mjs';
import { documents, placeOf } from './docs/contents.mjs';
import { checkLinks } from './docs/links.mjs';
import { renderCode, renderFolder, renderMarkdown } from './docs/markdown.mjs';
import { renderPage } from './docs/page.mjs';
import { fail, root } from './shell.mjs';

const site = path.join(root, 'build/site');
const at = (file) => path.join(root, file);
const read = (file) => fs.readFileSync(at(file), 'utf8');

function write(place, text) {
  const file = path.join(site, place);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}

function checkContents() {
  const present = ['docs', 'docs/guides'].flatMap((folder) =>
    fs.readdirSync(at(folder)).map((name) => `${folder}/${name}`),
  );
  const missing = present.filter((file) => file.endsWith('.md') && !documents.includes(file));
  if (missing.length > 0) fail(`not in scripts/docs/contents.mjs: ${missing.join(', ')}`);
}

/** Files that documents link to and that are no documents, and those that these bring along. */
function writeMentioned(mentioned, titles) {
  for (const file of mentioned) {
    // A dead link: the check of links tells where it stands.
    if (documents.includes(file) || !fs.existsSync(at(file))) continue;
    if (/\.(svg|png)$/.test(file)) {
      write(file, fs.readFileSync(at(file)));
      continue;
    }
    let body;
    if (fs.statSync(at(file)).isDirectory()) {
      const names = fs
        .readdirSync(at(file))
        .filter((name) => /\.(mjs|md|js)$/.test(name) || !name.includes('.'));
      names.forEach((name) => mentioned.add(`${file}/${name}`));
      body = renderFolder(file, names);
    } else {
      body = renderCode(file, read(file));
    }
    write(placeOf(file), renderPage({ file, title: file, body, titles }));
  }
}

function writePages() {
  const mentioned = new Set();
  const pages = documents.map((file) => ({
    file,
    ...renderMarkdown(file, read(file), (linked) => mentioned.add(linked)),
  }));
  const titles = new Map(pages.map(({ file, headings }) => [file, headings[0].text]));
  titles.set('README.md', 'Quick start');
  for (const page of pages)
    write(placeOf(page.file), renderPage({ ...page, title: titles.get(page.file), titles }));
  writeMentioned(mentioned, titles);
  return pages.length;
}

/** @returns one message for each page that shows a comment of its source */
function commentsShown() {
  const pages = fs.readdirSync(site, { recursive: true }).filter((name) => name.endsWith('.html'));
  return pages
    .filter((name) => showsComment(fs.readFileSync(path.join(site, name), 'utf8')))
    .map((name) => `${name}: shows a comment, <!--`);
}

if (!fs.existsSync(at('lib/event/generated')))
  fail('lib/event/generated is missing: run `npm run build` first.');
checkContents();
fs.rmSync(site, { recursive: true, force: true });
await writeApi(path.join(site, 'api'));
const count = writePages();
fs.copyFileSync(at('scripts/docs/style.css'), path.join(site, 'style.css'));
const problems = [...checkLinks(site), ...commentsShown()];
if (problems.length > 0) fail(problems.join('\n'));
console.log(`${path.relative(root, site)}/index.html: ${count} pages and the API reference, no dead link`);
