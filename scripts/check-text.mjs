/**
 * Text that must not be committed anywhere: paths of somebody's machine, registry hosts in the lock file,
 * switched-off or focused tests, leftovers of a merge. Returns one message for each place.
 */
import { read, sourceFiles } from './source-files.mjs';

const binary = /\.(png|gz|tgz|node|ico)$/;

const rules = [
  {
    files: /^(?!test\/fixtures\/formats\/)/,
    pattern: /(^|[^\w.:/])\/(work|root|home|Users)\/\w/,
    message: 'a path of one machine',
  },
  { pattern: /^(<{7}|>{7}) /, message: 'a leftover of a merge' },
  { files: /^package-lock\.json$/, pattern: /"resolved":|registry\./, message: 'a registry host' },
  {
    files: /\.test\.ts$/,
    pattern: /\b(describe|test|it)\.(only|skip|todo)\b|^\s*(fdescribe|fit|xdescribe|xit|xtest)\(/,
    message: 'a focused or switched-off test',
  },
  { files: /\.(ts|mjs|h|cc)$/, pattern: /\b(TODO|FIXME|XXX|HACK)\b/, message: 'an open end' },
];

export function checkText() {
  const problems = [];
  for (const file of sourceFiles) {
    if (binary.test(file) || file === 'scripts/check-text.mjs') continue;
    const lines = read(file).split('\n');
    for (const { files, pattern, message } of rules) {
      if (files && !files.test(file)) continue;
      lines.forEach((line, index) => {
        if (pattern.test(line))
          problems.push(`${file}:${index + 1}: ${message}: ${line.trim().slice(0, 100)}`);
      });
    }
  }
  return problems;
}
