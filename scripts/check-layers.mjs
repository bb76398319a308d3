/**
 * The direction of dependencies. A file of lib/ imports its own room and those that the table names for it; the native core knows
 * nothing of Node. Returns one message for each violation.
 */
import { importsOf, libFiles } from './lib-imports.mjs';
import { read, sourceFiles } from './source-files.mjs';

const core = ['base', 'event', 'pools', 'buffers', 'flow'];
/** Of the collector: what knows neither events nor sources. */
const tools = ['collector/text', 'collector/command-line', 'collector/memory-plan'];

/**
 * Each room of lib/, and what it may import beside itself, which stands above it. A room is a folder of lib/ or of lib/collector/;
 * `base` is the files that lie in lib/ itself, but for its index.
 */
const rooms = {
  binary: [],
  // Of binary, binding.ts alone: see checkTypeScript.
  base: ['binary'],
  event: ['base'],
  pools: ['base', 'event'],
  buffers: ['base', 'event', 'pools'],
  flow: ['base', 'event', 'pools', 'buffers'],
  kernel: ['base', 'event', 'buffers'],
  formats: ['base', 'event', 'kernel'],
  index: core,
  // What a user has, and how the fields of events are read as text.
  correlation: ['index', 'event', 'base'],
  integrations: [...core, 'formats'],

  'collector/text': [],
  'collector/command-line': [],
  'collector/memory-room': ['base'],
  'collector/little-memory': ['base', 'collector/memory-room'],
  'collector/memory-plan': ['base', 'collector/memory-room', 'collector/little-memory'],
  'collector/memory-need': [
    'collector/text',
    'collector/command-line',
    'collector/memory-room',
    'collector/little-memory',
  ],
  'collector/spare-code': ['collector/little-memory'],
  'collector/spare-heap': ['base', 'collector/little-memory'],
  'collector/signals': ['collector/command-line'],
  'collector/output': [...tools, 'collector/signals'],
  'collector/measure': ['index', 'base', 'integrations'],
  'collector/proc': ['index', 'base', 'event', ...tools],
  'collector/processes': ['index', 'base', 'event', ...tools, 'collector/proc'],
  'collector/synthetic': ['index'],
  'collector/follow': ['index', 'event', 'formats', ...tools, 'collector/output'],
  'collector/sinks': [
    'index',
    'formats',
    ...tools,
    'collector/output',
    'collector/proc',
    'collector/processes',
  ],
  'collector/sources': [
    ...['index', 'base', 'event', 'formats', 'kernel', ...tools, 'collector/output', 'collector/measure'],
    ...['collector/proc', 'collector/synthetic', 'collector/follow', 'collector/sinks'],
  ],
  'collector/page': ['index', 'integrations', ...tools],
  'collector/exports': [
    ...['index', 'integrations', ...tools, 'collector/output', 'collector/measure', 'collector/page'],
  ],
  'collector/delivery': [
    ...['index', 'correlation', 'collector/memory-plan', 'collector/measure', 'collector/processes'],
    ...['collector/sinks', 'collector/exports'],
  ],
  'collector/options': ['formats', ...tools, 'collector/sinks', 'collector/sources', 'collector/exports'],
  'collector/top': ['base', 'integrations', ...tools, 'collector/signals', 'collector/output'],
  'collector/report': [
    ...['index', 'integrations', ...tools, 'collector/output', 'collector/measure', 'collector/sinks'],
    ...['collector/sources', 'collector/exports', 'collector/delivery', 'collector/options', 'collector/top'],
  ],
  'collector/run': [
    ...[
      'index',
      ...tools,
      'collector/little-memory',
      'collector/memory-need',
      'collector/spare-heap',
      'collector/signals',
      'collector/output',
      'collector/measure',
      'collector/processes',
    ],
    ...[
      'collector/follow',
      'collector/sinks',
      'collector/sources',
      'collector/exports',
      'collector/delivery',
    ],
    ...['collector/options', 'collector/report'],
  ],
  'collector/commands': [
    ...['index', 'base', 'integrations', 'kernel', ...tools, 'collector/output', 'collector/options'],
    ...['collector/little-memory', 'collector/memory-room', 'collector/top', 'collector/run'],
  ],
  'collector/main': [
    ...tools,
    'collector/spare-code',
    'collector/signals',
    'collector/output',
    'collector/commands',
  ],
};

function roomOf(file) {
  const [, first, second] = file.split('/');
  if (first === 'collector') return `collector/${second.replace(/\.ts$/, '')}`;
  if (second !== undefined) return first;
  return first === 'index.ts' ? 'index' : 'base';
}

/** The table itself: each room may import only those above it. */
function checkTable() {
  const names = Object.keys(rooms);
  return names.flatMap((room, at) =>
    rooms[room]
      .filter((other) => !names.slice(0, at).includes(other))
      .map((other) => `scripts/check-layers.mjs: ${room} stands above ${other}, which it may import`),
  );
}

function checkTypeScript(file) {
  const room = roomOf(file);
  const allowed = rooms[room];
  if (allowed === undefined) return [`${file}: ${room} is no room of scripts/check-layers.mjs`];
  const problems = [];
  if (room !== 'binary' && /node-gyp-build|\bdlopen\b|\.node['"`]/.test(read(file))) {
    problems.push(`${file}: only lib/binary/ loads the addon`);
  }
  for (const { specifier, file: target } of importsOf(file)) {
    if (target === undefined) {
      const isOurs = specifier === 'node-gyp-build' && room === 'binary';
      if (!specifier.startsWith('node:') && !isOurs && room !== 'integrations')
        problems.push(`${file}: imports ${specifier}; the core has no dependency but node-gyp-build`);
    } else if (!target.startsWith('lib/')) {
      problems.push(`${file}: imports ${specifier} from outside lib/`);
    } else if (roomOf(target) === 'binary' && room !== 'binary' && file !== 'lib/binding.ts') {
      problems.push(`${file}: only lib/binding.ts touches the addon (${specifier})`);
    } else if (roomOf(target) !== room && !allowed.includes(roomOf(target))) {
      problems.push(`${file}: ${room} must not import ${roomOf(target)} (${specifier})`);
    }
  }
  return problems;
}

const outsideOfCore =
  /^#\s*include\s*[<"]((?:napi|node_api|node_api_types|js_native_api|node|uv|v8)[^>"]*\.h)[>"]/gm;
const nativeRanks = { core: 0, kernel: 1, addon: 2 };

function checkNative(file) {
  const source = read(file);
  const layer = file.split('/')[1];
  const problems = [];
  if (layer !== 'addon') {
    for (const [, header] of source.matchAll(outsideOfCore)) {
      problems.push(`${file}: native/${layer} must not include ${header}`);
    }
  }
  for (const [, header] of source.matchAll(/^#\s*include\s*"([^"]+)"/gm)) {
    const target = /(?:^|\/)(core|kernel|addon)\/[^/]+$/.exec(header)?.[1] ?? layer;
    if (nativeRanks[target] > nativeRanks[layer]) {
      problems.push(`${file}: native/${layer} must not include ${header}`);
    }
  }
  return problems;
}

export function checkLayers() {
  const native = sourceFiles.filter((file) => /^native\/(core|kernel|addon)\/.*\.(h|cc)$/.test(file));
  return [...checkTable(), ...libFiles.flatMap(checkTypeScript), ...native.flatMap(checkNative)];
}
