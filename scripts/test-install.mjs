/**
 * Installs the tarball by every package manager, with no compiler in reach, and uses it by the compilers and the runners of TypeScript
 * and by test runners: `npm run test:install [-- NAME...]`. docs/installing.md tells users what is written here.
 */
import fs from 'node:fs';
import path from 'node:path';
import { root, run } from './shell.mjs';
import {
  atVersionsHere,
  expect,
  installPackages,
  newFolder,
  pack,
  runSteps,
  succeed,
  userEnv,
} from './user-project.mjs';

const NODE = `node-${process.platform}-${process.arch}`;
const VERSIONS = {
  [NODE]: '24.22.3',
  npm11: '11.21.2',
  npm12: '12.2.2',
  pnpm: '12.21.0',
  '@yarnpkg/cli-dist': '4.18.1',
  bun: '1.4.5',
  typescript5: '5.9.3',
  typescript6: '6.0.3',
  '@types/node': '20.19.0',
  tsx: '4.23.15',
  'ts-node': '10.9.2',
  jest: '30.5.2',
  vitest: '5.1.2',
};
/** What npm knows under another name, here and there. */
const BUN = `@oven/bun-${process.platform}-${process.arch}`;
const ALIASES = {
  npm11: 'npm',
  npm12: 'npm',
  typescript5: 'typescript',
  typescript6: 'typescript',
  bun: BUN,
};
const fixtures = path.join(root, 'test', 'package');
const packageName = '@tapio/performance';

const folder = newFolder();
const tools = path.join(folder, 'tools');
const tool = (...parts) => path.join(tools, 'node_modules', ...parts);
const newNode = tool(NODE, 'bin', 'node');
let tarball;
let registry;

const spec = (alias) =>
  ALIASES[alias] ? `${alias}@npm:${ALIASES[alias]}@${VERSIONS[alias]}` : `${alias}@${VERSIONS[alias]}`;
const installTools = (...aliases) => installPackages(tools, ...aliases.map(spec));

/** An empty project, and a PATH that has this Node, or `node`, and the `commands`: no compiler, make or Python. */
function project(name, { node = process.execPath, commands = ['sh', 'env', 'uname'] } = {}) {
  const cwd = path.join(folder, name);
  const bin = path.join(folder, `${name}-bin`);
  fs.mkdirSync(cwd);
  fs.mkdirSync(bin);
  fs.symlinkSync(node, path.join(bin, 'node'));
  for (const command of commands) {
    const file = ['/bin', '/usr/bin']
      .map((place) => path.join(place, command))
      .find((one) => fs.existsSync(one));
    if (file) fs.symlinkSync(file, path.join(bin, command));
  }
  write(cwd, 'package.json', JSON.stringify({ name: 'user', private: true }));
  const env = {
    ...userEnv,
    PATH: bin,
    HOME: path.join(folder, 'home'),
    YARN_NPM_REGISTRY_SERVER: registry,
    YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
    YARN_ENABLE_TELEMETRY: '0',
    npm_config_registry: registry,
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
  };
  return { cwd, env, node };
}

function write(cwd, file, text) {
  fs.writeFileSync(path.join(cwd, file), text);
}

/** The first program of README.md, and one that requires. */
function writePrograms(cwd) {
  const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8');
  write(cwd, 'demo.mjs', /```js\n(.*?)```/s.exec(readme)[1]);
  fs.copyFileSync(path.join(fixtures, 'smoke.cjs'), path.join(cwd, 'smoke.cjs'));
}

/** Yarn says that its own support of ES modules is experimental. */
const SAID_OF_ITSELF = /^.*(YN0092|Done with warnings).*$/gm;

/** Runs an install that must say nothing that a user would have to look into. */
async function quietly({ cwd, env }, command, ...args) {
  const { code, output } = await run(command, args, { cwd, env });
  expect(code === 0, `${args.join(' ')} ended with ${code}:\n${output.slice(-3000)}`);
  const warns = /\bwarn|YN0004|blocked|ignored build/i.test(output.replaceAll(SAID_OF_ITSELF, ''));
  expect(!warns, `${args.join(' ')} warns:\n${output.slice(-3000)}`);
}

async function works({ cwd, env }, command, ...args) {
  writePrograms(cwd);
  const output = await succeed(command, [...args, 'demo.mjs'], { cwd, env });
  expect(/events, first/.test(output), output);
  await succeed(command, [...args, 'smoke.cjs'], { cwd, env });
}

/** With nothing but Node in the PATH, as on a new machine. */
async function npm(alias, options) {
  await installTools(alias, ...(options.node ? [NODE] : []));
  const user = project(alias, { ...options, commands: [] });
  const start = performance.now();
  await quietly(user, user.node, tool(alias, 'bin', 'npm-cli.js'), 'install', tarball);
  const installed = performance.now();
  await works(user, user.node);
  const seconds = (from, to) => `${((to - from) / 1000).toFixed(1)} s`;
  return `${VERSIONS[alias]}: install ${seconds(start, installed)}, examples ${seconds(installed, performance.now())}`;
}

async function yarn(name, settings) {
  await installTools('@yarnpkg/cli-dist');
  const user = project(name);
  write(user.cwd, '.yarnrc.yml', settings);
  write(user.cwd, 'yarn.lock', '');
  const cli = tool('@yarnpkg/cli-dist', 'bin', 'yarn.js');
  await quietly(user, user.node, cli, 'add', `${packageName}@file:${tarball}`);
  await works(user, user.node, cli, 'node');
  return VERSIONS['@yarnpkg/cli-dist'];
}

/** Subpaths whose types need those of Node alone, and those that need a peer's as well. */
const OWN_ENTRIES = ['', '/streams', '/kernel', '/correlation', '/formats', '/otlp'];
const PEER_ENTRIES = ['/prometheus', '/opentelemetry', '/nats', '/grpc'];

const importsOf = (entries) =>
  entries
    .map((entry, index) => `import * as entry${index} from '${packageName}${entry}';\nvoid entry${index};\n`)
    .join('');

/** The optional peers, but for the types of Node, which have a version of their own here. */
function peers() {
  const { peerDependencies } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  return atVersionsHere(Object.keys(peerDependencies).filter((name) => name !== '@types/node'));
}

async function types(alias, cases) {
  const { cwd, env } = project(alias);
  await installTools(alias);
  await installPackages(cwd, tarball, spec('@types/node'));
  const statics = `import '${packageName}/${process.platform}-${process.arch}';\n`;
  const consumer = fs.readFileSync(path.join(fixtures, 'consumer.ts.txt'), 'utf8');
  const problems = [];
  const compile = async ({ files, options }, entries) => {
    for (const file of files) write(cwd, file, statics + importsOf(entries) + consumer);
    const args = [
      tool(alias, 'bin', 'tsc'),
      '--noEmit',
      '--strict',
      '--target',
      'es2022',
      ...options,
      ...files,
    ];
    const { code, output } = await run(process.execPath, args, { cwd, env });
    if (code !== 0) problems.push(`tsc ${options.join(' ')}:\n${output.trimEnd()}`);
  };
  await compile(cases[0], OWN_ENTRIES);
  // Only now: what comes before must do without them.
  await installPackages(cwd, ...peers());
  for (const each of cases) {
    const { lacks = [] } = each;
    await compile(each, [...OWN_ENTRIES, ...PEER_ENTRIES.filter((entry) => !lacks.includes(entry))]);
  }
  expect(problems.length === 0, problems.join('\n'));
  const modes = cases.map(({ options, lacks }) => {
    const mode = options.filter((one) => !one.startsWith('--')).join(' ');
    return lacks ? `${mode} without ${lacks.join(', ')}` : mode;
  });
  return `${VERSIONS[alias]}: ${modes.join(', ')}`;
}

const BOTH = ['consumer.cts', 'consumer.mts'];
const ONE = ['consumer.ts'];
const COMMONJS = { files: ONE, options: ['--module', 'commonjs'] };
const MODULES = [
  { files: BOTH, options: ['--module', 'node16'] },
  { files: BOTH, options: ['--module', 'nodenext'] },
  { files: ONE, options: ['--module', 'esnext', '--moduleResolution', 'bundler'] },
];

/** A project with a runner, and one file for it. */
async function runner(alias, fixture, file, { node, others = [] } = {}) {
  if (node) await installTools(NODE);
  const user = project(alias, { node });
  await installPackages(user.cwd, tarball, spec(alias), ...others);
  fs.copyFileSync(path.join(fixtures, 'runners', fixture), path.join(user.cwd, file));
  return user;
}

const steps = {
  async 'npm run pack'() {
    fs.mkdirSync(tools);
    fs.mkdirSync(path.join(folder, 'home'));
    write(tools, 'package.json', '{ "private": true }\n');
    registry = (await succeed('npm', ['config', 'get', 'registry'], { cwd: folder })).trim();
    tarball = (await pack(folder)).file;
    await installTools(NODE);
  },

  'npm 11': () => npm('npm11', {}),
  'npm 12': () => npm('npm12', { node: newNode }),

  async pnpm() {
    await installTools('pnpm');
    const user = project('pnpm', { node: newNode });
    await quietly(user, user.node, tool('pnpm', 'bin', 'pnpm.mjs'), 'add', tarball);
    await works(user, user.node);
    return VERSIONS.pnpm;
  },

  'yarn, node_modules': () => yarn('yarn-modules', 'nodeLinker: node-modules\n'),
  'yarn, PnP with its loader of ES modules': () =>
    yarn('yarn-pnp', 'nodeLinker: pnp\npnpEnableEsmLoader: true\n'),

  async 'bun install'() {
    await installTools('bun');
    const user = project('bun');
    await quietly(user, tool('bun', 'bin', 'bun'), 'add', tarball);
    await works(user, user.node);
    return `${VERSIONS.bun}, run by Node`;
  },

  // There `commonjs` does not know the entries of packages, by which the types of NATS' own packages name each other.
  'TypeScript 5.9': () => types('typescript5', [{ ...COMMONJS, lacks: ['/nats'] }, ...MODULES]),
  'TypeScript 6': () => types('typescript6', [COMMONJS, ...MODULES]),

  async tsx() {
    const user = await runner('tsx', 'program.ts.txt', 'program.ts');
    const output = await succeed(user.node, ['node_modules/.bin/tsx', 'program.ts'], user);
    expect(output === 'ERR_BUFFER_EMPTY\n', output);
    return VERSIONS.tsx;
  },

  async 'ts-node'() {
    const others = [`typescript@${VERSIONS.typescript5}`, spec('@types/node')];
    const user = await runner('ts-node', 'program.ts.txt', 'program.ts', { others });
    // Its default under this Node is node16, with which it does not find its own loader.
    write(user.cwd, 'tsconfig.json', '{ "compilerOptions": { "module": "commonjs", "strict": true } }');
    const output = await succeed(user.node, ['node_modules/.bin/ts-node', 'program.ts'], user);
    expect(output === 'ERR_BUFFER_EMPTY\n', output);
    return VERSIONS['ts-node'];
  },

  async Jest() {
    const user = await runner('jest', 'jest.test.cjs.txt', 'events.test.js');
    await succeed(user.node, ['node_modules/.bin/jest'], user);
    return VERSIONS.jest;
  },

  async Vitest() {
    const user = await runner('vitest', 'vitest.test.mjs.txt', 'events.test.mjs', { node: newNode });
    await succeed(user.node, ['node_modules/.bin/vitest', 'run'], user);
    return VERSIONS.vitest;
  },
};

const only = process.argv.slice(2);
if (only.length > 0) only.push('npm run pack');
await runSteps('installation', steps, { only });
fs.rmSync(folder, { recursive: true, force: true });
