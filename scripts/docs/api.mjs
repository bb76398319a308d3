/** The API reference, by typedoc from the docstrings of all entries of the package. */
import fs from 'node:fs';
import path from 'node:path';
import { Application, OptionDefaults } from 'typedoc';
import { fail, root } from '../shell.mjs';

/** For the generator of the codec: they say nothing to a user. */
const codecTags = ['@interned', '@internedKeys', '@safeInteger', '@double', '@u32', '@i32', '@port'];

/** The source of each entry that JavaScript imports, by the name that it imports. */
function entryPoints() {
  const { name, exports } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  return new Map(
    Object.entries(exports)
      .filter(([, entry]) => entry.require?.types)
      .map(([subpath, { require }]) => [
        require.types.replace('./dist/', 'lib/').replace('.d.ts', '.ts'),
        path.posix.join(name, subpath),
      ]),
  );
}

export async function writeApi(folder) {
  const entries = entryPoints();
  const app = await Application.bootstrap({
    name: '@tapio/performance',
    entryPoints: [...entries.keys()],
    basePath: root,
    tsconfig: path.join(root, 'tsconfig.json'),
    readme: 'none',
    disableSources: true,
    hideGenerator: true,
    githubPages: false,
    customCss: path.join(root, 'scripts/docs/api.css'),
    excludeInternal: true,
    excludePrivate: true,
    blockTags: [...OptionDefaults.blockTags, ...codecTags],
    excludeTags: [...OptionDefaults.excludeTags, ...codecTags],
    treatWarningsAsErrors: true,
    navigationLinks: { Guides: '../index.html' },
    logLevel: 'Warn',
  });
  const project = await app.convert();
  if (project === undefined || app.logger.hasErrors() || app.logger.hasWarnings())
    fail('typedoc: not built.');
  for (const module of project.children) {
    const file = [...entries.keys()].find((entry) => path.posix.dirname(entry) === module.name);
    module.name = entries.get(file);
  }
  await app.generateDocs(project, folder);
}
