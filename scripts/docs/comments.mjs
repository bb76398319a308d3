/** Comments of Markdown: marks for programs, which no page shows. */

/** Takes the paragraphs away that are nothing but a comment. */
export function withoutComments(tokens) {
  const isComment = (inline) => inline?.type === 'inline' && /^<!--(?:(?!-->)[^])*-->$/.test(inline.content);
  return tokens.filter((token, i) => ![i - 1, i, i + 1].some((at) => isComment(tokens[at])));
}

/** True where a comment came out as text; code may show one. */
export function showsComment(html) {
  return html.replace(/<(pre|code)\b[^]*?<\/\1>/g, '').includes('&lt;!--');
}
