/** The buffer that a kernel source feeds. */
import { type BufferHandle, resolveHandle, withArticle } from '../buffers/handle';
import { type Kind, policyNumber } from '../buffers/traits';
import { invalidArgument } from '../validate';

/** Anything with the handle of a buffer of this process: an instance of one of the four classes, also of another copy of this package. */
export interface TargetBuffer {
  readonly handle: BufferHandle;
}

export interface Target {
  readonly id: bigint;
  /** Whether it takes encoded events; else it takes records as they are. */
  readonly takesEvents: boolean;
  /** Bytes. */
  readonly maxRecord: number;
  /** See policyNumber. */
  readonly policy: number;
}

/** A source knows no severity, and so no level of a PriorityBuffer. */
export type TargetKind = Exclude<Kind, 'PriorityBuffer'>;

const OF_EVENTS: ReadonlySet<Kind> = new Set<Kind>(['EventBuffer', 'PerCPUEventBuffer']);

/** @throws TapioError ERR_INVALID_ARGUMENT for what is no buffer of one of these kinds, ERR_BUFFER_CLOSED when it is gone */
export function checkTarget(target: unknown, kinds: readonly TargetKind[]): Target {
  const handle =
    typeof target === 'object' && target !== null ? (target as Partial<TargetBuffer>).handle : undefined;
  const kind = kinds.find((each) => each === handle?.kind);
  if (kind === undefined) throw invalidArgument('target', target, kinds.map(withArticle).join(' or '));
  const { id, traits } = resolveHandle(kind, handle);
  const { maxRecord, policy } = traits;
  return { id, takesEvents: OF_EVENTS.has(kind), maxRecord, policy: policyNumber(policy) };
}
