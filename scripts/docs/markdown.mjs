/** A Markdown file as the body of its page, with the headings of its parts. */
import path from 'node:path';
import MarkdownIt from 'markdown-it';
import { withoutComments } from './comments.mjs';
import { placeOf } from './contents.mjs';
import { escape, highlight } from './highlight.mjs';

/** The anchor that GitHub gives a heading. */
function slugOf(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

const parser = new MarkdownIt({ html: false, highlight });
parser.renderer.rules.table_open = () => '<div class="table"><table>\n';
parser.renderer.rules.table_close = () => '</table></div>\n';

/** The text of a heading without its marks. */
function plainText(inline) {
  return inline.children.map(({ content }) => content).join('');
}

function giveAnchors(tokens) {
  const taken = new Map();
  const headings = [];
  tokens.forEach((token, i) => {
    if (token.type !== 'heading_open') return;
    const text = plainText(tokens[i + 1]);
    const slug = slugOf(text);
    const count = taken.get(slug) ?? 0;
    taken.set(slug, count + 1);
    const anchor = count === 0 ? slug : `${slug}-${count}`;
    token.attrSet('id', anchor);
    headings.push({ level: Number(token.tag.slice(1)), text, anchor });
  });
  return headings;
}

/** Links between files of the repository become links between pages; `mention` hears of each such file. */
function redirect(tokens, file, mention) {
  for (const token of tokens.flatMap(({ children }) => children ?? [])) {
    const attribute = token.type === 'link_open' ? 'href' : token.type === 'image' ? 'src' : undefined;
    const target = attribute && token.attrGet(attribute);
    if (!target || target.startsWith('#') || /^\w+:/.test(target)) continue;
    const [link, anchor] = target.split('#');
    const linked = path.posix.join(path.posix.dirname(file), link).replace(/\/$/, '');
    mention(linked);
    if (attribute === 'src') continue;
    const place = path.posix.relative(path.posix.dirname(placeOf(file)), placeOf(linked));
    token.attrSet('href', anchor === undefined ? place : `${place}#${anchor}`);
  }
}

/**
 * @param file its path from the root, to which its links are relative
 * @param mention is called with the path of each file that it links to or shows
 */
export function renderMarkdown(file, text, mention) {
  const tokens = withoutComments(parser.parse(text, {}));
  const headings = giveAnchors(tokens);
  redirect(tokens, file, mention);
  return { body: parser.renderer.render(tokens, parser.options, {}), headings };
}

/** A file that is no Markdown, as a page of its own. */
export function renderCode(file, text) {
  const language = path.extname(file).slice(1);
  return `<h1>${escape(file)}</h1>\n<pre><code>${highlight(text.trimEnd(), language)}</code></pre>\n`;
}

/** A folder, as the list of what is in it. */
export function renderFolder(folder, names) {
  const items = names.map((name) => {
    const place = path.posix.relative(path.posix.dirname(placeOf(folder)), placeOf(`${folder}/${name}`));
    return `<li><a href="${place}">${escape(name)}</a></li>`;
  });
  return `<h1>${escape(folder)}</h1>\n<ul>\n${items.join('\n')}\n</ul>\n`;
}
