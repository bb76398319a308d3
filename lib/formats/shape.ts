/** Which values of a JSON object a reader wants, compiled for native code. */
import { binding } from '../binding';

/**
 * The wanted keys of an object, each with the wanted keys of its value. `a|b`: one value by two names, of which no line has both. `[]`: the wanted
 * keys of each item of an array. `"`: see TEXT. `*`: keys that are not named here are told, too, each as a row.
 */
export interface ShapeKeys {
  readonly [key: string]: ShapeKeys;
}

/** A value as it is, whatever it holds. */
export const WHOLE: ShapeKeys = {};

/** A value of which, if it is a text with escapes, `valueAt` needs not parse it. Where it lies in the line is then not told. */
export const TEXT: ShapeKeys = { '"': WHOLE };

/**
 * Where results lie: words that native code reads and writes, one array for all shapes of this thread. The slots of a shape, then its rows. What
 * a projection leaves here holds until the next one.
 */
export const WORDS = new Int32Array(1 << 18);

/** Indexes of WORDS; mirrors native/addon/projections.h. */
export const enum Word {
  SHAPE = 0,
  STATUS = 1,
  ROWS_END = 2,
  REPAIRED_SIZE = 3,
  /** No node behind this number has a value. */
  LAST_NODE = 4,
  FIRST_SLOT = 5,
}

/** Words of a slot: kind, start and end in the text, and which of the names of its key the line has. */
export const SLOT_WORDS = 4;
const TELLS_REST = 1;
const HAS_ROWS = 2;
const UNESCAPES = 4;

/** Threads: the one that made it. Memory: native, until the thread ends: for constants of modules. */
export class Shape {
  /** By which native code knows it. */
  readonly number: number;
  /** Where the rows begin in WORDS. */
  readonly rows: number;
  private readonly nodes: number[][] = [];
  private readonly keys: number[] = [];
  private readonly places = new Map<string, number>();
  private text = '';
  /** Arrays whose items have yet to be numbered: they stand behind all that is no item. */
  private readonly arrays: { node: number; keys: ShapeKeys; path: string }[] = [];

  constructor(keys: ShapeKeys) {
    this.add(keys, '');
    for (let next = this.arrays.shift(); next !== undefined; next = this.arrays.shift())
      this.nodes[next.node][1] = this.add(next.keys, next.path);
    this.rows = this.wordOf(this.nodes.length);
    this.number = binding.compileShape(
      Int32Array.from(this.nodes.flat()),
      Int32Array.from(this.keys),
      this.text,
      WORDS,
    );
  }

  /** The word of WORDS where the slot of a value begins. */
  slot(...path: readonly string[]): number {
    return this.wordOf(this.nodeOf(path));
  }

  /** Words of the row of an item, by its node. */
  wordsOfRow(node: number): number {
    return (this.nodes[node][0] - node) * SLOT_WORDS + 1;
  }

  /** The node of a value, by which the rows of its items are known. */
  nodeOf(path: readonly string[]): number {
    const node = this.places.get(['', ...path].join('\n'));
    if (node === undefined) throw new Error(`the shape has no ${path.join(' ')}`);
    return node;
  }

  private wordOf(node: number): number {
    return Word.FIRST_SLOT + node * SLOT_WORDS;
  }

  private add(keys: ShapeKeys, path: string): number {
    const number = this.nodes.length;
    const node = [0, -1, 0];
    this.nodes.push(node);
    this.places.set(path, number);
    for (const [key, below] of Object.entries(keys)) {
      const place = `${path}\n${key}`;
      if (key === '*') node[2] |= TELLS_REST | HAS_ROWS;
      else if (key === '"') node[2] |= UNESCAPES;
      else if (key === '[]') {
        node[2] |= HAS_ROWS;
        this.arrays.push({ node: number, keys: below, path: place });
      } else {
        const child = this.add(below, place);
        node[2] |= this.nodes[child][2] & HAS_ROWS;
        key.split('|').forEach((name, index) => {
          this.keys.push(number, child, index, this.text.length, name.length);
          this.text += name;
        });
      }
    }
    node[0] = this.nodes.length;
    return number;
  }
}
