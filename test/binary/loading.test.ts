/** Which binary an installed package loads, and what it says where none does: on copies of the package with other binaries. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ownBinary } from '../support/own-binary';

const root = path.resolve(__dirname, '..', '..', '..');
const built = ownBinary();
const system = `${process.platform}-${process.arch}`;
const onLinux: typeof test = ((name: string, run: () => void) =>
  process.platform === 'linux'
    ? test(name, run)
    : test(`${name} (skipped: Linux only)`, () => undefined)) as typeof test;

const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'tapio-')));
const installed = path.join(folder, 'node_modules', '@tapio', 'performance');
beforeAll(() => {
  for (const part of ['dist', 'bin', 'package.json'])
    fs.cpSync(path.join(root, part), path.join(installed, part), { recursive: true });
  const dependency = path.join('node_modules', 'node-gyp-build');
  fs.cpSync(path.join(root, dependency), path.join(folder, dependency), { recursive: true });
});
/** What a test puts there, and an earlier build. */
beforeEach(() => {
  for (const part of ['prebuilds', 'build', 'source', 'dist/static'])
    for (const place of [folder, installed])
      fs.rmSync(path.join(place, part), { recursive: true, force: true });
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** Puts a working binary, or bytes that are none, below a folder. */
function place(name: string, { below = installed, bytes = fs.readFileSync(built) } = {}): string {
  const file = path.join(below, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, bytes);
  return file;
}

interface Diagnosis {
  binary: {
    path?: string;
    kind?: string;
    problem?: string;
    failures?: { file: string; reason: string }[];
  };
  libc: string;
  ebpf?: object;
}

function node(
  args: string[],
  env: NodeJS.ProcessEnv = {},
): { code: number | null; stdout: string; stderr: string } {
  const options = { cwd: folder, encoding: 'utf8', env: { ...process.env, ...env } } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, options);
  return { code: status, stdout, stderr };
}

const tapio = (args: string[], env?: NodeJS.ProcessEnv) =>
  node([path.join(installed, 'dist', 'collector', 'main.js'), ...args], env);

function diagnosis(env?: NodeJS.ProcessEnv): Diagnosis & { code: number | null } {
  const { code, stdout } = tapio(['doctor', '--json'], env);
  return { code, ...(JSON.parse(stdout) as Diagnosis) };
}

/** A program, which tells the code and the message of what `expression` throws, or its value. */
function outcome(expression: string, before = ''): string {
  const file = path.join(folder, 'program.mjs');
  fs.writeFileSync(
    file,
    `${before}
import * as api from '@tapio/performance';
try { console.log('value', ${expression}); } catch ({ name, code, message }) { console.log(name, code, message); }`,
  );
  const { code, stdout, stderr } = node([file]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

const PUT = 'new api.RingBuffer(8).tryPut(new Uint8Array(1))';

describe('a package', () => {
  onLinux('prefers the file of its C library to the one of all, and takes that too', () => {
    const ofAll = place(`prebuilds/${system}/@tapio+performance.node`);
    expect(diagnosis()).toMatchObject({ code: 0, binary: { path: ofAll, kind: 'prebuilt' } });
    const ofGlibc = place(`prebuilds/${system}/@tapio+performance.glibc.node`);
    place(`prebuilds/${system}/@tapio+performance.musl.node`, { bytes: Buffer.from('no binary') });
    expect(diagnosis()).toMatchObject({ code: 0, binary: { path: ofGlibc, kind: 'prebuilt' } });
    expect(outcome(PUT)).toBe('value true\n');
  });

  onLinux('takes the file for musl with glibc where that is all that loads, and tells of the other', () => {
    const broken = place(`prebuilds/${system}/@tapio+performance.glibc.node`, {
      bytes: Buffer.from('no binary'),
    });
    const file = place(`prebuilds/${system}/@tapio+performance.musl.node`);
    const reason = 'it is no binary of Linux';
    expect(diagnosis()).toMatchObject({
      code: 0,
      binary: { path: file, kind: 'prebuilt', failures: [{ file: broken, reason }] },
    });
    const { code, stdout } = tapio(['doctor']);
    expect(code).toBe(0);
    expect(stdout).toContain(`${file} (prebuilt)\n          ${broken} does not load: ${reason}\n`);
  });

  onLinux(
    'takes the file for musl where the loader of musl started the process, wherever that is told',
    () => {
      const ofMusl = place(`prebuilds/${system}/@tapio+performance.musl.node`);
      place(`prebuilds/${system}/@tapio+performance.glibc.node`);
      const stand = path.join(folder, 'stand-in');
      const preload = path.join(folder, 'preload.cjs');
      // The first names the loader in its first page, the second among what is mapped only.
      for (const [executable, maps] of [
        ['\x7fELF /lib/ld-musl-x86_64.so.1\0', '7f00 r-xp /usr/lib/libc.so.6\n'],
        ['\x7fELF', '7f00 r-xp 00000000 08:01 12 /lib/ld-musl-x86_64.so.1\n'],
      ]) {
        fs.writeFileSync(`${stand}-exe`, executable);
        fs.writeFileSync(`${stand}-maps`, maps);
        fs.writeFileSync(
          preload,
          `const fs = require('node:fs'), { openSync, readFileSync } = fs;
const known = (file) => (file === '/proc/self/exe' || file === '/proc/self/maps' ? ${JSON.stringify(stand)} + '-' + file.slice(11) : file);
fs.openSync = (file, ...rest) => openSync(known(file), ...rest);
fs.readFileSync = (file, ...rest) => readFileSync(known(file), ...rest);`,
        );
        expect(diagnosis({ NODE_OPTIONS: `--require ${preload}` })).toMatchObject({
          code: 0,
          binary: { path: ofMusl, kind: 'prebuilt' },
        });
      }
    },
  );

  onLinux('has one C library in what it tells, and its version by the report of Node alone', () => {
    place(`prebuilds/${system}/@tapio+performance.node`);
    const preload = path.join(folder, 'report.cjs');
    const report = `process.report.getReport = () => ({ header: { glibcVersionRuntime: '9.99' }, sharedObjects: [] });`;
    const deno = `Object.defineProperty(process, 'versions', { value: { ...process.versions, deno: '2.9.6' } });`;
    const musl = `const fs = require('node:fs'), { openSync } = fs, stand = ${JSON.stringify(`${folder}/musl-exe`)};
fs.openSync = (file, ...rest) => openSync(file === '/proc/self/exe' ? stand : file, ...rest);`;
    fs.writeFileSync(path.join(folder, 'musl-exe'), '\x7fELF /lib/ld-musl-x86_64.so.1\0');
    for (const [code, libc] of [
      [report, 'glibc 9.99'],
      [report + deno, 'glibc'],
      [report + musl, 'musl'],
    ]) {
      fs.writeFileSync(preload, code);
      expect(diagnosis({ NODE_OPTIONS: `--require ${preload}` }).libc).toBe(libc);
    }
  });

  test('takes what was built from its sources before what is prebuilt', () => {
    place(`prebuilds/${system}/@tapio+performance.node`);
    const fromSources = place('source/build/Release/tapio_performance.node');
    expect(diagnosis()).toMatchObject({ code: 0, binary: { path: fromSources, kind: 'built here' } });
  });

  test('goes on behind a file that does not load', () => {
    place('build/Release/tapio_performance.node', { bytes: Buffer.from('no binary') });
    const file = place(`prebuilds/${system}/@tapio+performance.node`);
    expect(diagnosis()).toMatchObject({ code: 0, binary: { path: file } });
  });

  test('finds a folder of binaries beside the program, and what node-gyp-build knows', () => {
    const debug = place('build/Debug/tapio_performance.node');
    expect(diagnosis()).toMatchObject({ code: 0, binary: { path: debug, kind: 'node-gyp-build' } });
    place(`prebuilds/${system}/@tapio+performance.node`, { below: folder });
    fs.rmSync(debug);
    expect(outcome(PUT)).toBe('value true\n');
  });
});

describe('a file that would end the process, or of which the system tells something else', () => {
  const whole = fs.readFileSync(built);

  onLinux('and that is cut off is refused, by its lengths', () => {
    for (const length of [0, 20, 64, 4096, whole.length >> 1, whole.length - 1]) {
      const name = `prebuilds/${system}/@tapio+performance.glibc.node`;
      const file = place(name, { bytes: whole.subarray(0, length) });
      const said = `${file} does not load: it is cut off: `;
      const lengths = length < 64 ? `it has ${length} bytes` : `${length} bytes of `;
      const thrown = outcome(PUT);
      expect(thrown).toMatch(/^TapioError ERR_UNSUPPORTED /);
      expect(thrown).toContain(said + lengths);
    }
    const { code, stdout } = tapio(['doctor']);
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`^binary +none: .* it is cut off: ${whole.length - 1} bytes of \\d+;`));
    const cut = place('cut.node', { below: folder, bytes: whole.subarray(0, whole.length >> 1) });
    expect(diagnosis({ TAPIO_BINARY: cut })).toMatchObject({
      code: 1,
      binary: { problem: expect.stringContaining('does not load: it is cut off: ') },
    });
  });

  onLinux('and that is for another machine is refused, by what it is for', () => {
    const foreign = Buffer.from(whole);
    const [number, name] = process.arch === 's390x' ? [62, 'x64'] : [22, 's390x'];
    foreign.writeUInt16LE(number, 18);
    for (const [bytes, reason] of [
      [foreign, `it is for ${name}, this is ${process.arch}`],
      [Buffer.from('MZ\x90\0'), 'it is for Windows, this is Linux'],
      [Buffer.from('cffaedfe0c000001', 'hex'), 'it is for macOS, this is Linux'],
      [Buffer.from('cafebabe00000002', 'hex'), 'it is for macOS, this is Linux'],
    ] as const) {
      place(`prebuilds/${system}/@tapio+performance.node`, { bytes });
      expect(outcome(PUT)).toContain(`does not load: ${reason};`);
    }
  });
});

describe('a static entry', () => {
  /** What scripts/static-entries.mjs writes for a system, as the statement that imports it. */
  function entry(name: string): string {
    const binary = place('own.node', { below: folder });
    const file = path.join(installed, 'dist', 'static', `${name}.js`);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(
      file,
      `const { addStaticEntry } = require('../binary/static-entries.js');
addStaticEntry('${name}', () => require(${JSON.stringify(binary)}));`,
    );
    return `import '@tapio/performance/${name}';\n`;
  }

  test('gives its binary where the package has none, beside those of other systems', () => {
    expect(outcome(PUT, entry('linux-sparc') + entry(system))).toBe('value true\n');
  });

  test('that comes too late is told, and what there is instead of the one for this system', () => {
    const late = outcome(`(await import('@tapio/performance/${system}'), ${PUT})`, '');
    expect(late).toMatch(/ERR_MODULE_NOT_FOUND/);
    entry(system);
    expect(outcome(`(await import('@tapio/performance/${system}'), ${PUT})`)).toMatch(
      /^TapioError ERR_UNSUPPORTED .*came too late: import @tapio\/performance\/\S+ before/,
    );
    expect(outcome(PUT, entry('linux-sparc'))).toMatch(
      new RegExp(`ERR_UNSUPPORTED .*static entries linux-sparc: import @tapio/performance/${system} before`),
    );
  });
});

describe('a static entry of a bundle', () => {
  /** What a bundler makes of an entry: a path. */
  function outcomeOf(given: string): string {
    const entries = path.join(installed, 'dist', 'binary', 'static-entries.js');
    fs.writeFileSync(
      path.join(folder, 'entry.cjs'),
      `require(${JSON.stringify(entries)}).addStaticEntry('${system}', () => ${JSON.stringify(given)});`,
    );
    return outcome(PUT, "import './entry.cjs';\n");
  }

  test('that is a relative path is not looked for in the working directory', () => {
    place('own.node', { below: folder });
    const said = outcomeOf('./own.node');
    expect(said).toMatch(
      /^TapioError ERR_UNSUPPORTED .*made it \.\/own\.node, which is relative;.* esbuild needs --loader/,
    );
    expect(said).not.toContain('too late');
  });

  test('that names no file came in time', () => {
    const said = outcomeOf(path.join(folder, 'absent.node'));
    expect(said).toMatch(
      new RegExp(`the static entry ${system} does not load: there is no such file.*docs/bundling\\.md`),
    );
    expect(said).not.toContain('too late');
  });

  test('is loaded from an absolute path', () => {
    expect(outcomeOf(place('own.node', { below: folder }))).toBe('value true\n');
  });
});

describe('a binary of another version', () => {
  const entry = (exported: string) => {
    const entries = path.join(installed, 'dist', 'binary', 'static-entries.js');
    fs.writeFileSync(
      path.join(folder, 'other.cjs'),
      `require(${JSON.stringify(entries)}).addStaticEntry('${system}', () => (${exported}));`,
    );
    return `import './other.cjs';\n`;
  };

  test('is refused with both numbers', () => {
    for (const [said, number] of [
      ['interface: 999', '999'],
      ['', 'none'],
    ])
      expect(outcome(PUT, entry(`{ createBuffer() {}, ${said} }`))).toMatch(
        new RegExp(`^TapioError ERR_UNSUPPORTED .*another version .*its interface is ${number}, not \\d+;`),
      );
  });

  test('leaves the next to be tried', () => {
    place(`prebuilds/${system}/@tapio+performance.node`);
    expect(outcome(PUT, entry('{ createBuffer() {}, interface: 999 }'))).toBe('value true\n');
  });
});

describe('what a user has around a program', () => {
  const shared = path.join(folder, 'project');
  const mine = 'build/Release/tapio_performance.node';
  afterEach(() => fs.rmSync(shared, { recursive: true, force: true }));

  /** Runs a program as a bundle has it: the package in one file. `made`: what loads the package there. */
  function bundled(name: string, made: (core: string) => string, args: string[] = []): string {
    const file = path.join(shared, 'dist', name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const core = fs.readFileSync(path.join(root, 'dist', 'core.js'), 'utf8');
    fs.writeFileSync(file, made(core));
    const { stdout, stderr } = spawnSync(process.execPath, [file, ...args], {
      cwd: shared,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    return stdout;
  }
  const tell = `
;{ const { loadedBinary } = module.exports('binding.js');
    console.log(typeof loadedBinary === 'function' ? loadedBinary() : loadedBinary.path); }`;

  test('is not asked by node-gyp-build, whatever it is called', () => {
    place('build/Release/my_own.node', { below: shared });
    fs.writeFileSync(path.join(shared, 'package.json'), '{ "name": "my-own" }');
    const said = bundled('bundle.cjs', (core) => core + tell);
    expect(said).toMatch(/^no binary of /);
    expect(said).not.toContain('my_own');
  });

  test('is not found by way of the working directory where a bundle does not know its own', () => {
    // As seen from dist/binary/ of a package in the working directory, and from around that.
    for (const below of [shared, folder, path.join(shared, 'node_modules')]) {
      place(mine, { below });
      place(`prebuilds/${system}/@tapio+performance.node`, { below });
    }
    const said = bundled('bundle.mjs', (core) =>
      [
        "import { createRequire } from 'node:module';",
        'const require = createRequire(import.meta.url), module = {};',
        core.replace("'use strict';", ''),
        tell,
      ].join('\n'),
    );
    expect(said).toMatch(/^no binary of /);
    expect(said).not.toContain(shared + '/prebuilds');
  });

  test('is not found beside an argument that stands where a program would', () => {
    place(`prebuilds/${system}/@tapio+performance.node`, { below: path.join(shared, 'up') });
    const data = path.join(shared, 'up', 'file.txt');
    fs.writeFileSync(data, '');
    const code = `try { new (require('@tapio/performance').RingBuffer)(8) } catch ({ code }) { console.log(code) }`;
    const printed = `(() => { ${code.replace('console.log(code)', 'return code')} })()`;
    for (const args of [
      ['-e', code],
      ['--eval', code],
      [`--eval=${code}`],
      ['-p', printed],
      ['-pe', printed],
      ['--print', printed],
    ])
      expect(node([...args, data])).toEqual({ code: 0, stdout: 'ERR_UNSUPPORTED\n', stderr: '' });
  });
});

describe('TAPIO_BINARY', () => {
  test('has no JavaScript run, whatever stands behind or beside the name', () => {
    const script = 'console.log("JavaScript ran")';
    place('index.js', { below: path.join(folder, 'x.node'), bytes: Buffer.from(script) });
    place('y.node.js', { below: folder, bytes: Buffer.from(script) });
    const evil = place('evil.js', { below: folder, bytes: Buffer.from(script) });
    const link = path.join(folder, 'w.node');
    fs.symlinkSync(evil, link);
    try {
      for (const [name, reason] of [
        ['x.node', 'it is a folder'],
        ['y.node', 'there is no such file'],
        ['w.node', 'its name does not end in .node'],
      ]) {
        const { code, stdout } = tapio(['doctor'], { TAPIO_BINARY: path.join(folder, name) });
        expect(code).toBe(1);
        expect(stdout).toContain(`does not load: ${reason}`);
        expect(stdout).not.toContain('JavaScript ran');
      }
    } finally {
      for (const name of ['x.node', 'y.node.js', 'evil.js', 'w.node'])
        fs.rmSync(path.join(folder, name), { recursive: true });
    }
  });

  onLinux('that is relative in a deleted working directory is a problem like others', () => {
    const gone = fs.mkdtempSync(path.join(folder, 'gone-'));
    const program = `const { createEvent, RingBuffer } = require(${JSON.stringify(installed)});
try { new RingBuffer(8) } catch ({ code, message }) { console.log(code, message) }`;
    fs.writeFileSync(path.join(folder, 'gone.cjs'), program);
    const { stdout, stderr } = spawnSync(
      'sh',
      [
        '-c',
        'cd "$1" && rmdir "$1" && exec "$2" "$3"',
        'sh',
        gone,
        process.execPath,
        path.join(folder, 'gone.cjs'),
      ],
      { encoding: 'utf8', env: { ...process.env, TAPIO_BINARY: 'own.node' } },
    );
    expect({ stdout, stderr }).toEqual({
      stdout: expect.stringMatching(/^ERR_UNSUPPORTED TAPIO_BINARY names own\.node, which does not load: /),
      stderr: '',
    });
  });

  test('is the only file that is tried', () => {
    place(`prebuilds/${system}/@tapio+performance.node`);
    expect(diagnosis({ TAPIO_BINARY: built })).toMatchObject({
      code: 0,
      binary: { path: built, kind: 'TAPIO_BINARY' },
    });
    const broken = place('broken.node', { bytes: Buffer.from('no binary') });
    for (const [file, reason] of [
      [broken, /broken\.node.*(no binary of Linux|not a mach-o|not a valid)/i],
      [path.join(folder, 'absent.node'), /absent\.node, which does not load: /],
      [path.join(installed, 'package.json'), /its name does not end in \.node/],
    ] as const) {
      const { code, binary, ebpf } = diagnosis({ TAPIO_BINARY: file });
      expect(binary).toEqual({ problem: expect.stringMatching(/^TAPIO_BINARY names /) });
      expect(binary.problem).toMatch(reason);
      expect({ code, ebpf }).toEqual({ code: 1, ebpf: undefined });
    }
  });

  test('may be relative to the working directory', () => {
    place('own.node', { below: folder });
    expect(diagnosis({ TAPIO_BINARY: 'own.node' }).binary.path).toBe(path.join(folder, 'own.node'));
    expect(diagnosis({ TAPIO_BINARY: 'absent.node' }).binary.problem).toContain(
      `TAPIO_BINARY names ${path.join(folder, 'absent.node')}, which does not load: there is no such file`,
    );
  });

  test('that is relative is the same file in a worker after the working directory has changed', () => {
    place('own.node', { below: folder });
    const inWorker = `const { RingBuffer } = require(${JSON.stringify(installed)});
console.log(new RingBuffer(8).tryPut(new Uint8Array(1)));`;
    const program = `require(${JSON.stringify(installed)});
process.chdir('/');
new (require('node:worker_threads').Worker)(${JSON.stringify(inWorker)}, { eval: true });`;
    expect(node(['-e', program], { TAPIO_BINARY: 'own.node' })).toEqual({
      code: 0,
      stdout: 'true\n',
      stderr: '',
    });
  });

  onLinux('that is a pipe is not waited for', () => {
    const pipe = path.join(folder, 'pipe.node');
    spawnSync('mkfifo', [pipe]);
    const { problem } = diagnosis({ TAPIO_BINARY: pipe }).binary;
    fs.rmSync(pipe);
    expect(problem).toContain('it is no regular file');
  });
});

describe('a runtime that forbids', () => {
  const preload = path.join(folder, 'forbidding.cjs');
  const given = () => ({ NODE_OPTIONS: `--require ${preload}` });

  test('a look at the environment has the package loaded all the same', () => {
    place(`prebuilds/${system}/@tapio+performance.node`);
    fs.writeFileSync(
      preload,
      `const get = (all, name) => {
  if (/^TAPIO_/.test(name)) throw new Error('it is forbidden');
  return all[name];
};
Object.defineProperty(process, 'env', { value: new Proxy(process.env, { get }) });`,
    );
    const program = `console.log(new (require('@tapio/performance').RingBuffer)(8).tryPut(new Uint8Array(1)))`;
    expect(node(['-e', program], given())).toEqual({ code: 0, stdout: 'true\n', stderr: '' });
  });

  test('the name of the host keeps no command from running that needs none', () => {
    place(`prebuilds/${system}/@tapio+performance.node`);
    fs.writeFileSync(preload, `require('node:os').hostname = () => { throw new Error('it is forbidden'); };`);
    const args = ['collect', '--source', 'synthetic', '--sink', 'none', '--duration', '0.1'];
    expect(tapio(args, given())).toMatchObject({ code: 0 });
  });
});

describe('a package without a binary that loads', () => {
  test('can be imported, and says at the first need what it looked for, what it has and the way out', () => {
    const broken = place(`prebuilds/${system}/@tapio+performance.node`, { bytes: Buffer.from('no binary') });
    place('prebuilds/sunos-sparc/@tapio+performance.node');
    expect(outcome('api.createEvent({ type: "t", source: "s" }).type')).toBe('value t\n');
    for (const need of [PUT, 'new api.EventBuffer(8)', 'api.currentCPU()', 'api.pinThread(0)']) {
      const said = outcome(need);
      expect(said).toMatch(/^TapioError ERR_UNSUPPORTED /);
      for (const part of [
        system,
        broken,
        'does not load',
        'sunos-sparc',
        'TAPIO_BINARY',
        'docs/installing.md',
      ])
        expect(said).toContain(part);
    }
  });

  test('that is installed is told to be installed anew, and of no bundle', () => {
    const said = outcome(PUT);
    expect(said).toContain(`(Node ${process.versions.node})`);
    expect(said).toContain('the way out: install it anew, build it from source');
    expect(said).not.toContain('bundle');
  });

  test('names Bun and Deno by their own versions', () => {
    const preload = path.join(folder, 'runtime.cjs');
    for (const [name, runtime] of [
      ['bun', 'Bun 9.8.7'],
      ['deno', 'Deno 9.8.7'],
    ]) {
      fs.writeFileSync(
        preload,
        `Object.defineProperty(process, 'versions', { value: { ...process.versions, ${name}: '9.8.7' } });`,
      );
      const { stdout } = tapio(['doctor'], { NODE_OPTIONS: `--require ${preload}` });
      expect(stdout).toContain(`(${runtime}); looked for`);
      expect(stdout).toMatch(new RegExp(`^platform .*, ${runtime}$`, 'm'));
    }
  });

  test('has all entries that need no peers', () => {
    for (const entry of ['streams', 'kernel', 'correlation', 'formats', 'otlp'])
      expect(outcome('"loaded"', `import '@tapio/performance/${entry}';`)).toBe('value loaded\n');
  });

  test('has the help of its command, and a doctor who knows', () => {
    for (const args of [['--help'], ['collect', '--help'], ['top', '--help'], ['doctor', '--help']])
      expect(tapio(args)).toMatchObject({
        code: 0,
        stderr: '',
        stdout: expect.stringContaining('Usage: tapio'),
      });
    const { code, stdout, stderr } = tapio(['doctor']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(
      new RegExp(`^binary +none: no binary .* on ${system}.*no binary beside this code`),
    );
    expect(stdout).toMatch(/^platform +/m);
  });

  test('ends a command in one line', () => {
    const { code, stderr } = tapio(['collect', '--source', 'synthetic', '--duration', '1']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^tapio collect: no binary of [^\n]*\n$/);
  });
});
