/** Code as HTML whose colours the style sheet chooses: each token has one for the day and one for the night. */
import fs from 'node:fs';
import {
  bundledLanguages,
  bundledThemes,
  codeToTokensWithThemes,
  createOnigurumaEngine,
  createShikiInternal,
  loadBuiltinWasm,
} from '@gerrit0/mini-shiki';
import { darkened } from './contrast.mjs';

const languages = {
  js: 'js',
  mjs: 'js',
  ts: 'ts',
  sh: 'sh',
  json: 'json',
  yaml: 'yaml',
  proto: 'proto',
  ini: 'ini',
};
/** What code stands on by day: the first `--shade` of the style sheet. */
const [, paper] = fs
  .readFileSync(new URL('style.css', import.meta.url), 'utf8')
  .match(/--shade: (#[0-9a-f]{6});/);
const themes = { day: 'light-plus', night: 'dark-plus' };

await loadBuiltinWasm();
const shiki = await createShikiInternal({
  engine: await createOnigurumaEngine(),
  langs: [...new Set(Object.values(languages))].map((name) => bundledLanguages[name]),
  themes: Object.values(themes).map((name) => bundledThemes[name]),
});

export function escape(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function coloured(token) {
  const { day, night } = token.variants;
  const text = escape(token.content);
  if (token.content.trim() === '') return text;
  return `<span style="--day:${darkened(day.color, paper)};--night:${night.color}">${text}</span>`;
}

/** What has no grammar here comes out as plain text. */
export function highlight(code, language) {
  const lang = languages[language];
  if (lang === undefined) return escape(code);
  const lines = codeToTokensWithThemes(shiki, code, { lang, themes });
  return lines.map((line) => line.map(coloured).join('')).join('\n');
}
