import { binding } from '../binding';
import { show, TapioError } from '../errors';
import { invalidArgument } from '../validate';
import { decodeTraits, type Kind, type Traits } from './traits';

/** A structured-cloneable token: pass it by workerData or postMessage, then `attach()` in that thread. It keeps nothing alive. */
export interface BufferHandle {
  readonly kind: string;
  readonly id: bigint;
}

export function withArticle(kind: string): string {
  return `${kind.startsWith('E') ? 'an' : 'a'} ${kind}`;
}

/**
 * The id and the traits behind a handle.
 * @throws TapioError ERR_INVALID_ARGUMENT for what is no handle of this class in this process, ERR_BUFFER_CLOSED when the buffer is gone
 */
export function resolveHandle(kind: Kind, handle: unknown): { id: bigint; traits: Traits } {
  if (typeof handle !== 'object' || handle === null)
    throw invalidArgument('handle', handle, `the handle of ${withArticle(kind)}`);
  const { kind: given, id } = handle as Partial<BufferHandle>;
  if (given !== kind) throw invalidArgument('handle.kind', given, show(kind));
  if (typeof id !== 'bigint') throw invalidArgument('handle.id', id, 'a bigint');
  const numbers = binding.bufferTraits(id);
  if (numbers === true) throw invalidArgument('handle.id', id, 'the id of a buffer of this process');
  if (numbers === false)
    throw new TapioError('ERR_BUFFER_CLOSED', `the ${kind} ${id} is gone: no thread holds it any more`);
  const traits = decodeTraits(numbers);
  if (traits.kind !== kind)
    throw invalidArgument('handle.id', id, `the id of ${withArticle(kind)}, which it is not`);
  return { id, traits };
}
