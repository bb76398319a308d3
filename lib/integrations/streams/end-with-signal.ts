import { addAbortSignal, type Stream } from 'node:stream';
import { onAbort } from '../../buffers/on-abort';

/**
 * Destroys a stream with an AbortError when the signal aborts, and at once if it has, as the option `signal` of Node's own streams does.
 * To be called at the end of the constructor, when `_destroy` finds everything it uses: Node's option may call it before.
 *
 * @returns what takes the stream off the signal
 */
export function endWithSignal(stream: Stream, signal: AbortSignal | undefined): () => void {
  if (signal === undefined) return () => undefined;
  const end = new AbortController();
  addAbortSignal(end.signal, stream);
  if (!signal.aborted) return onAbort(signal, () => end.abort(signal.reason));
  end.abort(signal.reason);
  return () => undefined;
}
