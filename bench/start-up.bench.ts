/**
 * What it takes to start, in processes of their own that take turns: `npm run bench:start [-- FOLDER...]`, where a folder holds another
 * build of this package (`build/other/COMMIT`, once `bench:peers -- --against COMMIT` has made it).
 *
 * CPU time, as a machine that serves others tells nothing by the clock, and the peak of memory. REPEATS (default 15) is how often each
 * has a turn.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, machine } from './measure/machine';
import { spreadOf } from './measure/spread';

const repeats = Number(process.env.REPEATS ?? 15);
const here = path.join(__dirname, '../..');
const TELL = `process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  process.stderr.write(\`\${(userCPUTime + systemCPUTime) / 1000} \${maxRSS / 1024}\`);
});`;

interface Case {
  readonly name: string;
  readonly script: string;
  readonly ms: number[];
  readonly peaks: number[];
}

function cases(folder: string): Case[] {
  const name = folder === here ? '' : ` (${path.basename(folder)})`;
  const main = JSON.stringify(path.join(folder, 'dist/collector/main.js'));
  const root = JSON.stringify(path.join(folder, 'dist/index.js'));
  const made = (what: string, script: string): Case => ({ name: what + name, script, ms: [], peaks: [] });
  return [
    made('require of the root', `require(${root})`),
    made('tapio --help', `process.argv = [process.argv[0], ${main}, '--help']; require(${main})`),
    made(
      '10,000 buffers made and closed',
      `const { EventBuffer } = require(${root}); for (let i = 0; i < 10000; i++) new EventBuffer(64).close()`,
    ),
  ];
}

const all: Case[] = [
  { name: 'Node alone', script: '', ms: [], peaks: [] },
  ...[here, ...process.argv.slice(2).map((folder) => path.resolve(folder))].flatMap(cases),
];
for (let repeat = 0; repeat < repeats; repeat++) {
  for (const { name, script, ms, peaks } of all) {
    const { status, stderr } = spawnSync(process.execPath, ['-e', TELL + script], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${name}: exit code ${status}\n${stderr}`);
    const [time, peak] = stderr.split(' ').map(Number);
    ms.push(time);
    peaks.push(peak);
  }
}

console.log(`${describe(machine())}; ${repeats} interleaved repeats`);
console.log(
  `${''.padEnd(52)}${'ms of CPU, min'.padStart(16)}${'median'.padStart(10)}${'peak, MB'.padStart(12)}`,
);
for (const { name, ms, peaks } of all) {
  const time = spreadOf(ms);
  const figures = [time.min.toFixed(1).padStart(16), time.median.toFixed(1).padStart(10)];
  console.log(name.padEnd(52) + figures.join('') + spreadOf(peaks).median.toFixed(0).padStart(12));
}
