import { types } from 'node:util';

/** The stable codes of every error this package throws. */
export type ErrorCode =
  | 'ERR_BUFFER_FULL'
  | 'ERR_BUFFER_EMPTY'
  | 'ERR_BUFFER_CLOSED'
  | 'ERR_EVENT_TOO_LARGE'
  | 'ERR_INVALID_EVENT'
  | 'ERR_INVALID_CAPACITY'
  | 'ERR_INVALID_ARGUMENT'
  | 'ERR_CORRUPT_DATA'
  | 'ERR_POOL_DOUBLE_PUT'
  | 'ERR_NO_AGGREGATOR'
  | 'ERR_STAGE_FAILED'
  | 'ERR_UNSUPPORTED';

/**
 * The one error class of this package. Tell errors apart by `code`; the message carries the values
 * involved and may be reworded in any release.
 */
export class TapioError extends Error {
  readonly code: ErrorCode;
  /** Of a failed `putBatch`: how many events of the batch were stored before the bad one. */
  declare readonly stored?: number;

  /** Of a failed Pipeline: the name of the stage, or `sink`; what it threw is the `cause`. */
  declare readonly stage?: string;

  constructor(code: ErrorCode, message: string, stored?: number, failed?: { stage: string; cause: unknown }) {
    super(message, failed);
    this.name = 'TapioError';
    this.code = code;
    if (stored !== undefined) this.stored = stored;
    if (failed !== undefined) this.stage = failed.stage;
  }
}

/** Of any copy of this package. */
export function isTapioError(error: unknown, code: ErrorCode): error is TapioError {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

/** Whether an error says that a buffer is closed or an instance has let go. */
export function isClosedError(error: unknown): boolean {
  return isTapioError(error, 'ERR_BUFFER_CLOSED');
}

/** Array.isArray, but for a revoked Proxy, where that throws. */
export function isArray(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** What is no object with properties of its own names: an array, or a revoked Proxy, which throws whatever is asked of it. */
export function isArrayOrRevoked(value: unknown): boolean {
  try {
    return Array.isArray(value);
  } catch {
    return true;
  }
}

/** A revoked Proxy, which throws whatever is asked of it, or a Proxy of one. */
export function isRevoked(value: unknown): boolean {
  return isArrayOrRevoked(value) && !isArray(value);
}

/** How a value is shown in an error message: short, unambiguous, and never running user code. */
export function show(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length > 40
        ? `${JSON.stringify(value.slice(0, 40))}... (${value.length} characters)`
        : JSON.stringify(value);
    case 'bigint':
      return `${value}n`;
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
    default:
      if (value === null) return 'null';
      if (isArray(value)) return types.isProxy(value) ? 'a Proxy of an array' : `an array of ${value.length}`;
      if (isRevoked(value)) return 'a revoked Proxy';
      return `an object${ofClass(value)}`;
  }
}

/** The class of an object that is no literal, as far as that can be told without running code of the user. */
function ofClass(value: unknown): string {
  if (types.isProxy(value)) return '';
  const prototype: unknown = Object.getPrototypeOf(value);
  if (typeof prototype !== 'object' || prototype === null || types.isProxy(prototype)) return '';
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  if (typeof maker !== 'function' || types.isProxy(maker)) return '';
  const name: unknown = Object.getOwnPropertyDescriptor(maker, 'name')?.value;
  return typeof name === 'string' && name !== '' && name !== 'Object' ? ` of class ${name.slice(0, 40)}` : '';
}
