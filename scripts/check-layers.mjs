/**
 * The direction of dependencies. A file of lib/ imports its own folder and folders of a lower rank; the
 * native core knows nothing of Node. Returns one message for each violation.
 */
import path from 'node:path';
import { read, sourceFiles } from './source-files.mjs';

const ranks = {
  base: 0,
  event: 1,
  pools: 2,
  buffers: 3,
  flow: 4,
  kernel: 4,
  formats: 5,
  index: 5,
  integrations: 6,
  collector: 7,
};

function layerOf(file) {
  const [, first, ...rest] = file.split('/');
  if (rest.length > 0) return first;
  return first === 'index.ts' ? 'index' : 'base';
}

function importsOf(source) {
  const pattern = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(['"])([^'"]+)\1/g;
  return [...source.matchAll(pattern)].map((match) => match[2]);
}

function checkTypeScript(file) {
  const source = read(file);
  const layer = layerOf(file);
  const problems = [];
  if (ranks[layer] === undefined) {
    return [`${file}: lib/${layer}/ has no rank in scripts/check-layers.mjs`];
  }
  if (file !== 'lib/binding.ts' && /node-gyp-build|\bdlopen\b|\.node['"`]/.test(source)) {
    problems.push(`${file}: only lib/binding.ts loads the addon`);
  }
  for (const specifier of importsOf(source)) {
    if (specifier.startsWith('.')) {
      const target = path.posix.join(path.posix.dirname(file), specifier);
      const targetLayer =
        target === 'lib' ? 'index' : layerOf(target.endsWith('.json') ? target : `${target}.ts`);
      if (target === '..' || !target.startsWith('lib'))
        problems.push(`${file}: imports ${specifier} from outside lib/`);
      else if (targetLayer !== layer && ranks[targetLayer] >= ranks[layer]) {
        problems.push(`${file}: ${layer} must not import ${targetLayer} (${specifier})`);
      }
    } else if (!specifier.startsWith('node:') && specifier !== 'node-gyp-build' && layer !== 'integrations') {
      problems.push(`${file}: imports ${specifier}; the core has no dependency but node-gyp-build`);
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
  return sourceFiles.flatMap((file) => {
    if (/^lib\/.*\.ts$/.test(file)) return checkTypeScript(file);
    if (/^native\/(core|kernel|addon)\/.*\.(h|cc)$/.test(file)) return checkNative(file);
    return [];
  });
}
