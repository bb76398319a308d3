import { environmentVariable } from '../binding';
import type { BufferHandle } from './handle';

/** What is known of an instance once it is gone. */
export interface Life {
  readonly handle: BufferHandle;
  readonly maker: boolean;
  /** Where it was made. */
  readonly stack: string | undefined;
  /** Whether it was closed or disposed, or has seen that its buffer is closed. */
  settled: boolean;
}

export const LEAK_CODE = 'TAPIO_BUFFER_LEAK';

/** In debug mode only, as it costs a stack for each instance. Nothing but the warning depends on it. */
const lives =
  environmentVariable('TAPIO_DEBUG') === '1'
    ? new FinalizationRegistry<Life>(({ handle, maker, stack, settled }) => {
        if (settled) return;
        const how = maker ? 'made and neither closed nor disposed' : 'attached and not disposed';
        process.emitWarning(`the ${handle.kind} ${handle.id} was ${how} before it was garbage`, {
          type: 'TapioWarning',
          code: LEAK_CODE,
          detail: stack,
        });
      })
    : undefined;

/** Watches an instance of a buffer class; undefined out of debug mode. */
export function watchLife(instance: object, handle: BufferHandle, maker: boolean): Life | undefined {
  if (lives === undefined) return undefined;
  const life: Life = { handle, maker, stack: new Error('made here').stack, settled: false };
  lives.register(instance, life);
  return life;
}
