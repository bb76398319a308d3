/** Values that look like others or break when they are read, made anew each time. */
import { runInNewContext } from 'node:vm';

export function revokedProxy<T extends object>(target: T): T {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** Gives the memory of an array away, as postMessage with a transfer list does. */
export function detach(bytes: Uint8Array): void {
  structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] });
}

export function detachedBytes(): Uint8Array {
  const bytes = Uint8Array.of(1, 2, 3);
  detach(bytes);
  return bytes;
}

/** A view of a fixed part of a buffer that has shrunk below it. */
export function bytesOutOfBounds(): Uint8Array {
  const buffer = new (ArrayBuffer as unknown as ResizableConstructor)(16, { maxByteLength: 16 });
  const bytes = new Uint8Array(buffer, 8, 4);
  buffer.resize(4);
  return bytes;
}

type ResizableConstructor = new (
  size: number,
  options: { maxByteLength: number },
) => ArrayBuffer & { resize(size: number): void };

/** What shows no entry and no field of its own, though it is not empty or at least no plain object. */
export const UNPLAIN: Readonly<Record<string, () => object>> = {
  'a Map': () => new Map([['a', 'b']]),
  'a Set': () => new Set(['a']),
  Headers: () => new Headers({ a: 'b' }),
  URLSearchParams: () => new URLSearchParams('a=b'),
  'a Date': () => new Date(0),
  'a RegExp': () => /a/,
  'a Promise': () => Promise.resolve({}),
  'a generator': () => (function* () {})(),
  'an ArrayBuffer': () => new ArrayBuffer(8),
  'an instance that keeps its data to itself': () =>
    new (class {
      readonly #a = 'b';
      get shown() {
        return this.#a;
      }
    })(),
  'an heir of a plain object': () => Object.create({ a: 'b' }) as object,
  'a Map of another realm': () => runInNewContext('new Map([["a", "b"]])') as object,
  'a Proxy of a Map': () => new Proxy(new Map(), {}),
  'a revoked Proxy': () => revokedProxy({}),
  'an heir of a revoked Proxy': () => Object.create(revokedProxy({})) as object,
};

/** What else may stand anywhere in an event, well or badly. */
export const ODD: Readonly<Record<string, () => unknown>> = {
  ...UNPLAIN,
  'an object without prototype': () => Object.create(null) as unknown,
  'an object of another realm': () => runInNewContext('({})') as unknown,
  'a map of another realm': () => runInNewContext('({ a: "b" })') as unknown,
  'a map without prototype': () => Object.assign(Object.create(null) as object, { a: 'b' }),
  'an instance with text of its own': () =>
    new (class {
      a = 'b';
    })(),
  'an instance with fields in its class': () =>
    new (class {
      get pid() {
        return 7;
      }
      get type() {
        return 't';
      }
    })(),
  'an instance with absent fields': () =>
    new (class {
      pid = undefined;
      path = null;
      pattern = undefined;
    })(),
  'an Error': () => new Error('why'),
  'a Proxy of an object': () => new Proxy({ a: 'b' }, {}),
  'a Proxy of an array': () => new Proxy(['a'], {}),
  'a revoked Proxy of an array': () => revokedProxy(['a']),
  'a sparse array': () => new Array(2),
  'a detached array of bytes': detachedBytes,
  'an array of bytes out of bounds': bytesOutOfBounds,
  'bytes of shared memory': () => new Uint8Array(new SharedArrayBuffer(4)),
  'a Float32Array': () => new Float32Array(2),
  'a boxed string': () => Object('ab') as unknown,
  'a boxed number': () => Object(1) as unknown,
  'a deep array': () => deepArray(1001),
  'a function': () => () => 1,
  'a symbol': () => Symbol('s'),
  'a bigint': () => 7n,
  NaN: () => NaN,
  Infinity: () => Infinity,
  '-0': () => -0,
  '2^60': () => 2 ** 60,
  'a lone surrogate': () => '\ud800',
  null: () => null,
  undefined: () => undefined,
};

export function deepArray(depth: number): unknown[] {
  let value: unknown[] = [];
  for (let i = 1; i < depth; i++) value = [value];
  return value;
}
