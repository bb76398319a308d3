/** One table says what each kind of field holds: a kind that only one side knows does not build, and each has a field to be tested with. */
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { EVENT_FIELDS, type FieldInfo } from './internals';

const root = path.resolve(__dirname, '..', '..', '..');
const FIELDS = path.join(root, 'lib/event/generated/fields.ts');

/** The table of the generator. */
function kindsOfTable(): string[] {
  const table = JSON.stringify(path.join(root, 'scripts/codec-generator/kinds.mjs'));
  const code = `import(${table}).then(({ KIND_NAMES }) => console.log(JSON.stringify(KIND_NAMES)))`;
  return JSON.parse(execFileSync(process.execPath, ['-e', code], { encoding: 'utf8' })) as string[];
}

const kindsOf = (fields: readonly FieldInfo[]): string[] =>
  fields.flatMap((field) => [field.kind, ...kindsOf(field.fields ?? [])]);

test('each kind of the table has a field, so that the forms are held against each other in it', () => {
  expect([...new Set(kindsOf(EVENT_FIELDS))].sort()).toEqual(kindsOfTable().sort());
});

/** What the compiler says of the JSON form, were the table of fields this text. */
function complaintsOfJsonForm(fields: string): string[] {
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), (file) =>
    fs.readFileSync(file, 'utf8'),
  ) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const read = host.readFile;
  host.readFile = (file) => (path.resolve(file) === FIELDS ? fields : read(file));
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (file, version, ...rest) =>
    path.resolve(file) === FIELDS
      ? ts.createSourceFile(file, fields, version)
      : getSourceFile(file, version, ...rest);
  const json = path.join(root, 'lib/event/json.ts');
  const program = ts.createProgram([json], { ...options, noEmit: true }, host);
  return program
    .getSemanticDiagnostics(program.getSourceFile(json))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

test('a kind that only the table has does not compile in the JSON form', () => {
  const fields = fs.readFileSync(FIELDS, 'utf8');
  expect(complaintsOfJsonForm(fields)).toEqual([]);
  const planted = fields.replace('export type FieldKind =', "export type FieldKind = 'percent'");
  expect(planted).not.toBe(fields);
  expect(complaintsOfJsonForm(planted).join()).toMatch(/ending return statement/);
});

/** Runs the generator in a copy, with one text put in place of another in each of these files. */
function generate(changes: Readonly<Record<string, readonly [string, string]>>): string {
  const copy = fs.mkdtempSync(path.join(root, 'build', 'field-kinds-'));
  try {
    for (const name of [
      'scripts/codec-generator',
      'scripts/generate-codec.mjs',
      'lib/event/unified-event.ts',
      'proto',
    ])
      fs.cpSync(path.join(root, name), path.join(copy, name), { recursive: true });
    for (const [name, [from, to]] of Object.entries(changes)) {
      const file = path.join(copy, name);
      const text = fs.readFileSync(file, 'utf8');
      expect(text).toContain(from);
      fs.writeFileSync(file, text.replace(from, to));
    }
    const { status, stderr } = spawnSync(process.execPath, [path.join(copy, 'scripts/generate-codec.mjs')], {
      encoding: 'utf8',
    });
    return status === 0 ? 'done' : stderr;
  } finally {
    fs.rmSync(copy, { recursive: true });
  }
}

test('a kind that only the type has does not generate', () => {
  expect(generate({})).toBe('done');
  expect(
    generate({
      'scripts/codec-generator/read-type.mjs': ["['u32',", "['percent', 'u32',"],
      'lib/event/unified-event.ts': ['/** @u32 */', '/** @percent */'],
    }),
  ).toMatch(/a percent has no place in a record/);
});
