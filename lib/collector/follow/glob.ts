/**
 * File name patterns as of a shell: `*` and `?` stand for characters of one path component, `[a-z]` and `[!a-z]`
 * for one character of a set; a backslash takes the next character literally. A leading dot is matched only by
 * a dot.
 */
import fs from 'node:fs';
import path from 'node:path';

type Token =
  | { readonly kind: 'any' }
  | { readonly kind: 'one' }
  | { readonly kind: 'character'; readonly character: string }
  | {
      readonly kind: 'set';
      readonly negated: boolean;
      readonly ranges: readonly (readonly [string, string])[];
    };

/** What a pattern stands for at a moment. */
export interface Expansion {
  /** Of anything that exists, of whatever kind, in order. */
  readonly paths: string[];
  /** Directories in which a path that matches could appear. */
  readonly directories: string[];
}

/** One component of a path. */
class NamePattern {
  private readonly tokens: Token[];
  /** The name itself, when no character of the component is special. */
  readonly literal: string | undefined;

  constructor(component: string) {
    this.tokens = tokenize([...component]);
    if (this.tokens.every((token) => token.kind === 'character')) {
      this.literal = this.tokens.map(({ character }) => character).join('');
    }
  }

  /** Takes time in proportion to pattern times name, whatever they are. */
  matches(name: string): boolean {
    const { tokens } = this;
    if (name.startsWith('.') && !(tokens[0]?.kind === 'character' && tokens[0].character === '.'))
      return false;
    const characters = [...name];
    let token = 0;
    let at = 0;
    // Where to go on when the last `*` has to take one character more.
    let retry: { token: number; at: number } | undefined;
    while (at < characters.length) {
      const current = tokens[token] as Token | undefined;
      if (current?.kind === 'any') {
        retry = { token: ++token, at };
      } else if (current && takes(current, characters[at])) {
        token++;
        at++;
      } else if (retry) {
        token = retry.token;
        at = ++retry.at;
      } else {
        return false;
      }
    }
    return tokens.slice(token).every(({ kind }) => kind === 'any');
  }
}

function takes(token: Token, character: string): boolean {
  switch (token.kind) {
    case 'any':
    case 'one':
      return true;
    case 'character':
      return token.character === character;
    case 'set':
      return token.ranges.some(([from, to]) => from <= character && character <= to) !== token.negated;
  }
}

function tokenize(characters: readonly string[]): Token[] {
  const tokens: Token[] = [];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i];
    if (character === '*') {
      tokens.push({ kind: 'any' });
    } else if (character === '?') {
      tokens.push({ kind: 'one' });
    } else if (character === '[') {
      const set = readSet(characters, i);
      if (set) i = set.end;
      tokens.push(set?.token ?? { kind: 'character', character });
    } else {
      if (character === '\\' && i + 1 < characters.length) i++;
      tokens.push({ kind: 'character', character: characters[i] });
    }
  }
  return tokens;
}

/** Undefined for a bracket that no other closes: it stands for itself. */
function readSet(characters: readonly string[], open: number): { token: Token; end: number } | undefined {
  let i = open + 1;
  const negated = characters[i] === '!' || characters[i] === '^';
  if (negated) i++;
  const ranges: [string, string][] = [];
  for (const first = i; i < characters.length; i++) {
    // A bracket that comes first is a member.
    if (characters[i] === ']' && i > first) return { token: { kind: 'set', negated, ranges }, end: i };
    if (characters[i] === '\\' && i + 1 < characters.length) i++;
    const from = characters[i];
    let to = from;
    if (characters[i + 1] === '-' && i + 2 < characters.length && characters[i + 2] !== ']') {
      i += 2;
      to = characters[i];
    }
    ranges.push([from, to]);
  }
  return undefined;
}

/** A pattern of paths. */
export class Glob {
  private readonly components: NamePattern[];
  private readonly start: string;

  constructor(readonly pattern: string) {
    const absolute = path.resolve(pattern);
    // A file whose own name looks like a pattern is meant as it is.
    this.start = path.parse(absolute).root;
    const names = absolute.slice(this.start.length).split(path.sep);
    this.components = fs.existsSync(absolute)
      ? names.map((name) => new NamePattern(name.replace(/[\\*?[]/g, '\\$&')))
      : names.map((name) => new NamePattern(name));
  }

  /** The one path it stands for, when it has no special characters. */
  get literal(): string | undefined {
    const names = this.components.map(({ literal }) => literal);
    return names.includes(undefined) ? undefined : this.start + names.join(path.sep);
  }

  matches(file: string): boolean {
    const names = file.slice(this.start.length).split(path.sep);
    return (
      file.startsWith(this.start) &&
      names.length === this.components.length &&
      names.every((name, i) => this.components[i].matches(name))
    );
  }

  expand(): Expansion {
    let paths = [this.start];
    const directories: string[] = [];
    this.components.forEach(({ literal }, depth) => {
      const isLast = depth === this.components.length - 1;
      if (literal !== undefined) {
        if (isLast) directories.push(...paths);
        paths = paths.map((parent) => path.join(parent, literal));
        return;
      }
      directories.push(...paths);
      paths = paths.flatMap((parent) => this.children(parent, depth));
    });
    return { paths: paths.filter((file) => fs.existsSync(file)).sort(), directories };
  }

  private children(parent: string, depth: number): string[] {
    let names: string[];
    try {
      names = fs.readdirSync(parent);
    } catch {
      // No directory, or none that may be read: nothing in it matches.
      return [];
    }
    return names
      .filter((name) => this.components[depth].matches(name))
      .map((name) => path.join(parent, name));
  }
}
