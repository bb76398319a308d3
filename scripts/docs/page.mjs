/** A whole page around its body: the menu of all pages, with the parts of this one. */
import path from 'node:path';
import { placeOf, sections } from './contents.mjs';
import { escape } from './highlight.mjs';

function menu(current, titles, headings) {
  const from = path.posix.dirname(placeOf(current));
  const to = (place) => path.posix.relative(from, place);
  const parts = headings.filter(({ level }) => level === 2);
  const partList = parts.map(({ anchor, text }) => `<li><a href="#${anchor}">${escape(text)}</a></li>`);
  const item = (file) => {
    const here = file === current;
    const link = `<a href="${to(placeOf(file))}"${here ? ' aria-current="page"' : ''}>${escape(titles.get(file))}</a>`;
    return `<li>${link}${here && parts.length > 0 ? `<ul>${partList.join('')}</ul>` : ''}</li>`;
  };
  const groups = sections.map(([name, files]) => `<h2>${name}</h2><ul>${files.map(item).join('\n')}</ul>`);
  groups.push(`<h2>API</h2><ul><li><a href="${to('api/index.html')}">Reference</a></li></ul>`);
  return groups.join('\n');
}

/** @param titles of all documents, by file */
export function renderPage({ file, title, body, headings = [], titles }) {
  const up = path.posix.relative(path.posix.dirname(placeOf(file)), '') || '.';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${up}/style.css">
</head>
<body>
<header>
<label for="menu">Menu</label>
<a href="${up}/index.html">@tapio/performance</a>
</header>
<input type="checkbox" id="menu" aria-label="Menu">
<nav>
${menu(file, titles, headings)}
</nav>
<main>
${body}</main>
</body>
</html>
`;
}
