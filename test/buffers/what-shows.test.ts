/** What an instance shows at run time, by whatever name: what its type declares, and nothing of what is behind it. */
import {
  EventBuffer,
  FanOut,
  PerCPUBuffer,
  PerCPUEventBuffer,
  Pipeline,
  PriorityBuffer,
  RingBuffer,
} from '@tapio/performance';
import path from 'node:path';
import ts from 'typescript';

const INSTANCES: Readonly<Record<string, object>> = {
  RingBuffer: new RingBuffer(4),
  EventBuffer: new EventBuffer(4),
  PerCPUBuffer: new PerCPUBuffer(),
  PerCPUEventBuffer: new PerCPUEventBuffer(),
  PriorityBuffer: new PriorityBuffer({}),
  FanOut: new FanOut([new EventBuffer(4)]),
  Pipeline: Pipeline.from(new EventBuffer(4)),
};
const NAMES = Object.keys(INSTANCES);

const entry = path.resolve('dist/index.d.ts');
const program = ts.createProgram([entry], {
  types: ['node'],
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
});
const checker = program.getTypeChecker();
const exported = new Map(
  checker
    .getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry)!)!)
    .map((symbol) => [symbol.name, symbol]),
);

/** A symbol is `__@name@number` to the compiler; a type says that there are private fields, and not which. */
function namesOf(type: ts.Type): string[] {
  return type
    .getProperties()
    .map(({ name }) => name.replace(/^__@(\w+)@\d+$/, 'Symbol.$1'))
    .filter((name) => name !== '#private' && name !== 'prototype')
    .sort();
}

function declared(name: string): { instance: string[]; statics: string[] } {
  const alias = exported.get(name)!;
  const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias;
  return {
    instance: namesOf(checker.getDeclaredTypeOfSymbol(symbol)),
    statics: namesOf(checker.getTypeOfSymbol(symbol)),
  };
}

/** Node 20 has its own `Symbol.dispose`. */
function nameOf(key: string | symbol): string {
  return typeof key === 'symbol' ? key.description!.replace(/^nodejs/, 'Symbol') : key;
}

function shown(from: object, end: object, but: readonly string[]): string[] {
  const names = new Set<string>();
  for (let object = from; object !== end; object = Object.getPrototypeOf(object) as object) {
    for (const key of Reflect.ownKeys(object)) names.add(nameOf(key));
  }
  return [...names].filter((name) => !but.includes(name)).sort();
}

test.each(NAMES)('%s: an instance', (name) => {
  expect(shown(INSTANCES[name], Object.prototype, ['constructor'])).toEqual(declared(name).instance);
});

test.each(NAMES)('%s: the class', (name) => {
  expect(shown(INSTANCES[name].constructor, Function.prototype, ['length', 'name', 'prototype'])).toEqual(
    declared(name).statics,
  );
});
