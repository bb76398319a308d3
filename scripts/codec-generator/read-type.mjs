/**
 * Reads the UnifiedEvent interface through the TypeScript compiler and returns its fields as data. What
 * it does not understand throws, so that no field can be left out of the codec by oversight.
 */
import { readFileSync } from 'node:fs';
import ts from 'typescript';

const NUMBER_TAGS = ['u32', 'i32', 'port', 'safeInteger', 'double'];
const TEXT_TAGS = ['interned', 'internedKeys'];

/** @returns {Field[]} fields of kinds: string, timestamp, boolean, enum, strings, stringMap, json, bytes, section and NUMBER_TAGS */
export function readEventType(fileName) {
  const file = ts.createSourceFile(fileName, readFileSync(fileName, 'utf8'), ts.ScriptTarget.ES2022, true);
  const aliases = new Map();
  let event;
  for (const statement of file.statements) {
    if (ts.isTypeAliasDeclaration(statement)) aliases.set(statement.name.text, statement.type);
    if (ts.isInterfaceDeclaration(statement) && statement.name.text === 'UnifiedEvent') event = statement;
  }
  if (event === undefined) throw new Error(`${fileName}: interface UnifiedEvent not found`);
  return event.members.map((member) => readField(member, '', aliases));
}

function readField(member, prefix, aliases) {
  const fail = (why) => {
    const { line } = member.getSourceFile().getLineAndCharacterOfPosition(member.getStart());
    throw new Error(`unified-event.ts:${line + 1}: ${why}: ${member.getText()}`);
  };
  if (!ts.isPropertySignature(member) || !ts.isIdentifier(member.name) || member.type === undefined) {
    return fail('only plain properties with a type can travel');
  }
  const tags = ts.getJSDocTags(member).map((tag) => tag.tagName.text);
  const unknown = tags.find((tag) => ![...NUMBER_TAGS, ...TEXT_TAGS].includes(tag));
  if (unknown !== undefined) fail(`unknown tag @${unknown}`);

  const name = member.name.text;
  const path = prefix + name;
  const field = {
    name,
    path,
    json: snakeCase(name),
    optional: member.questionToken !== undefined,
    interned: tags.includes('interned') ? 'all' : tags.includes('internedKeys') ? 'keys' : 'none',
  };
  const type = ts.isTypeReferenceNode(member.type)
    ? (aliases.get(member.type.typeName.getText()) ?? member.type)
    : member.type;
  Object.assign(field, readKind(type, tags, fail));
  if (field.kind === 'section')
    field.fields = type.members.map((inner) => readField(inner, `${path}.`, aliases));

  const usesTag = {
    all: ['string', 'strings', 'stringMap'],
    keys: ['stringMap'],
    none: undefined,
  }[field.interned];
  if (usesTag !== undefined && !usesTag.includes(field.kind)) fail('this type cannot be interned');
  return field;
}

function readKind(type, tags, fail) {
  const text = type.getText().replace(/\s+/g, '');
  const numberTags = tags.filter((tag) => NUMBER_TAGS.includes(tag));
  if (text === 'number') {
    if (numberTags.length !== 1)
      fail(`a number needs one of ${NUMBER_TAGS.map((tag) => '@' + tag).join(', ')}`);
    return { kind: numberTags[0] };
  }
  if (numberTags.length > 0) fail(`@${numberTags[0]} is for numbers`);
  if (ts.isUnionTypeNode(type) && type.types.every(isStringLiteral)) {
    return { kind: 'enum', values: type.types.map((member) => member.literal.text) };
  }
  if (ts.isTypeLiteralNode(type)) return { kind: 'section' };
  const kind = {
    string: 'string',
    bigint: 'timestamp',
    boolean: 'boolean',
    'string[]': 'strings',
    'Record<string,string>': 'stringMap',
    'Record<string,unknown>': 'json',
    Uint8Array: 'bytes',
  }[text];
  if (kind === undefined) fail('the generator does not know this type');
  return { kind };
}

function isStringLiteral(type) {
  return ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal);
}

/** sourceIP -> source_ip */
function snakeCase(name) {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}
