/** Colours of text that are too faint for their paper, made darker: WCAG asks for a contrast of 4.5. */
const LEAST = 4.5;

function channels(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

function luminance(rgb) {
  const [red, green, blue] = rgb
    .map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** @param colour, paper `#rrggbb`; the paper is the lighter one */
export function darkened(colour, paper) {
  const light = luminance(channels(paper)) + 0.05;
  let rgb = channels(colour);
  while (light / (luminance(rgb) + 0.05) < LEAST) rgb = rgb.map((value) => Math.floor(value * 0.98));
  return `#${rgb.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
