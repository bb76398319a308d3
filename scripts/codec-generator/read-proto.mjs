/**
 * Reads the messages and enumerations of a .proto file: as much of proto3 as ours needs. What it does not understand throws.
 */
import { readFileSync } from 'node:fs';

/**
 * @returns {{ messages: Map<string, Message>, enums: Map<string, { name: string, number: number }[]> }} by full names without the package,
 *   such as `Event.Kernel`. A Message has `fields` ({ name, number, label: '' | 'optional' | 'repeated' | 'map', type }) and `reserved` numbers
 */
export function readProto(fileName) {
  const text = readFileSync(fileName, 'utf8').replace(/\/\/.*$/gm, '');
  const tokens = text.match(/"[^"]*"|[\w.]+|[^\s\w]/g);
  const found = { messages: new Map(), enums: new Map() };
  let at = 0;
  const next = () => tokens[at++];
  const fail = (token) => {
    throw new Error(
      `${fileName}: ${token} is not understood here: ${tokens.slice(at - 4, at + 4).join(' ')}`,
    );
  };
  const expect = (token) => tokens[at++] === token || fail(tokens[at - 1]);
  const skipTo = (token) => {
    while (next() !== token) if (at >= tokens.length) fail(token);
  };

  const readEnum = (scope) => {
    const values = [];
    found.enums.set(scope + next(), values);
    expect('{');
    for (let name = next(); name !== '}'; name = next()) {
      expect('=');
      values.push({ name, number: Number(next()) });
      expect(';');
    }
  };

  const readMessage = (scope) => {
    const fullName = scope + next();
    const message = { fields: [], reserved: [] };
    found.messages.set(fullName, message);
    expect('{');
    for (let word = next(); word !== '}'; word = next()) {
      if (word === 'message') readMessage(`${fullName}.`);
      else if (word === 'enum') readEnum(`${fullName}.`);
      else if (word === 'reserved') {
        for (let each = next(); each !== ';'; each = next()) {
          if (/^\d+$/.test(each)) message.reserved.push(Number(each));
          else if (!/^[",]/.test(each)) fail(each);
        }
      } else message.fields.push(readField(word));
    }
  };

  const readField = (first) => {
    let [label, type] = ['', first];
    if (first === 'map') {
      label = 'map';
      expect('<');
      expect('string');
      expect(',');
      type = next();
      expect('>');
    } else if (first === 'optional' || first === 'repeated') {
      label = first;
      type = next();
    }
    const name = next();
    expect('=');
    const number = Number(next());
    expect(';');
    if (!Number.isInteger(number) || number < 1) fail(name);
    return { name, number, label, type };
  };

  while (at < tokens.length) {
    const word = next();
    if (word === 'syntax' || word === 'package') skipTo(';');
    else if (word === 'message') readMessage('');
    else if (word === 'enum') readEnum('');
    else if (word === 'service') {
      expect('EventService');
      expect('{');
      skipTo('}');
    } else fail(word);
  }
  return found;
}
