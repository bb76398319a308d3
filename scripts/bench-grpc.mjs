/**
 * `npm run bench:grpc [-- REPEATS [COUNT]]`: generates the code that ts-proto makes of proto/tapio/v1/events.proto into
 * bench/peers/build, and runs the comparison.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import ts from 'typescript';
import { root } from './shell.mjs';

const require = createRequire(import.meta.url);
const { CodeGeneratorRequest, CodeGeneratorResponse, FileDescriptorSet } = require('ts-proto-descriptors');
const { descriptorSet } = require(path.join(root, 'build/test/support/proto-descriptor.js'));

const { file } = FileDescriptorSet.decode(descriptorSet());
const [{ name }] = file.filter((each) => each.package === 'tapio.v1');
const request = CodeGeneratorRequest.fromPartial({
  fileToGenerate: [name],
  // Its forms that are fastest and exact: 64-bit integers as bigint.
  parameter: 'esModuleInterop=true,forceLong=bigint,outputServices=grpc-js,outputJsonMethods=false',
  protoFile: file,
});
const answer = execFileSync(process.execPath, [require.resolve('ts-proto/build/src/plugin')], {
  input: CodeGeneratorRequest.encode(request).finish(),
  maxBuffer: 64 * 1024 * 1024,
});
const response = CodeGeneratorResponse.decode(answer);
if (response.error) throw new Error(response.error);
const { content } = response.file.find((each) => each.content.includes('EventBatch'));
const { outputText } = ts.transpileModule(content, {
  compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true },
});
const folder = path.join(root, 'bench/peers/build');
mkdirSync(folder, { recursive: true });
writeFileSync(path.join(folder, 'events.js'), outputText);

try {
  execFileSync(process.execPath, ['build/bench/grpc.bench.js', ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  });
} catch (error) {
  process.exit(error.status ?? 1);
}
