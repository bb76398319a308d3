/** The little of SVG that the plots need. */

export function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

type Attributes = Readonly<Record<string, string | number>>;

export function element(name: string, attributes: Attributes, inner = ''): string {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${escape(String(value))}"`);
  return `<${name}${list.join('')}>${inner}</${name}>`;
}

export function text(x: number, y: number, content: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escape(content));
}

export function line(x1: number, y1: number, x2: number, y2: number, attributes: Attributes): string {
  return element('line', { x1, y1, x2, y2, ...attributes });
}

/** By day and by night. */
const STYLE = `<style>
.ink { fill: #222; } .whisker { stroke: #222; stroke-width: 1.5; } .grid { stroke: #ddd; }
.ours { fill: #1b6ca8; } .theirs { fill: #9aa5b1; }
@media (prefers-color-scheme: dark) {
.ink { fill: #dde2e7; } .whisker { stroke: #dde2e7; } .grid { stroke: #3a424b; }
.ours { fill: #6cb6ff; } .theirs { fill: #6b7682; }
}
</style>`;

export function svg(width: number, height: number, inner: readonly string[], fontSize = 12): string {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    'font-family': 'system-ui, "DejaVu Sans", Arial, sans-serif',
    'font-size': fontSize,
  };
  return element('svg', attributes, [STYLE, ...inner].join('\n'));
}

/** Round numbers from 0 to at least `most`, at least three of them. */
export function ticks(most: number): number[] {
  const power = 10 ** Math.floor(Math.log10(most / 4));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => most / size <= 6)!;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, i) => i * step);
}

export function number(value: number): string {
  if (value >= 10_000) return `${Number((value / 1000).toPrecision(3))}k`;
  return String(Number(value.toPrecision(3)));
}
