// `npm run bench:peers`: installs the peers in bench/peers, compiles bebop's schema, and runs the comparison.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const folder = path.resolve('bench/peers');
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });

if (!existsSync(path.join(folder, 'node_modules/bebop'))) {
  console.error('installing the peers...');
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'], folder);
}

mkdirSync(path.join(folder, 'build'), { recursive: true });
const platform = { linux: 'linux', darwin: 'macos', win32: 'windows' }[process.platform];
const compiler = path.join(folder, 'node_modules/bebop-tools/tools', platform, process.arch, 'bebopc');
chmodSync(compiler, 0o755);
run(compiler, ['-i', 'schema.bop', 'build', '-g', 'ts:build/schema.ts'], folder);
const { outputText } = ts.transpileModule(readFileSync(path.join(folder, 'build/schema.ts'), 'utf8'), {
  compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
});
writeFileSync(path.join(folder, 'build/schema.js'), outputText);

execFileSync(process.execPath, ['build/bench/peers.bench.js', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
