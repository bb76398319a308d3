/** Finds dead links in a folder of HTML, and whatever a page would fetch from elsewhere. */
import fs from 'node:fs';
import path from 'node:path';

function filesIn(folder, ending) {
  const names = fs.readdirSync(folder, { recursive: true });
  return names.filter((name) => name.endsWith(ending)).map((name) => path.join(folder, name));
}

function decode(attribute) {
  return attribute.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code)).replaceAll('&amp;', '&');
}

/** @returns one message for each problem */
export function checkLinks(folder) {
  const anchors = new Map();
  const anchorsOf = (file) => {
    if (!anchors.has(file)) {
      const ids = fs.readFileSync(file, 'utf8').matchAll(/\sid="([^"]*)"/g);
      anchors.set(file, new Set([...ids].map(([, id]) => decode(id))));
    }
    return anchors.get(file);
  };
  const problemOf = (file, tag, target) => {
    if (target.startsWith('data:')) return;
    // A link that the reader follows may lead anywhere; what the browser fetches by itself may not.
    if (/^(\w+:|\/\/)/.test(target)) return tag === 'a' ? undefined : 'is fetched from elsewhere';
    const [place, anchor] = decode(target).split('#');
    const linked = place === '' ? file : path.join(path.dirname(file), decodeURIComponent(place));
    if (!fs.existsSync(linked) || fs.statSync(linked).isDirectory()) return 'is not there';
    if (anchor && linked.endsWith('.html') && !anchorsOf(linked).has(decodeURIComponent(anchor)))
      return 'has no such place';
  };
  const problems = [];
  for (const file of filesIn(folder, '.html')) {
    const tags = fs.readFileSync(file, 'utf8').matchAll(/<(\w+)\s[^>]*?\b(?:href|src)="([^"]*)"/g);
    for (const [, tag, target] of tags) {
      const problem = problemOf(file, tag, target);
      if (problem !== undefined) problems.push(`${path.relative(folder, file)}: ${target} ${problem}`);
    }
  }
  for (const file of filesIn(folder, '.css')) {
    const fetched = fs.readFileSync(file, 'utf8').match(/url\(["']?(https?:|\/\/)[^)]*\)|@import/g) ?? [];
    problems.push(
      ...fetched.map((text) => `${path.relative(folder, file)}: ${text} is fetched from elsewhere`),
    );
  }
  return problems;
}
