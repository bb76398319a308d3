/** The buffer that a kernel source feeds. */
import { eventBufferLimits } from '../buffers/event-buffer';
import { type BufferHandle, type Kind, resolveHandle, withArticle } from '../buffers/handle';
import { perCPUBufferLimit } from '../buffers/per-cpu-buffer';
import { perCPUEventBufferLimits } from '../buffers/per-cpu-event-buffer';
import { ringBufferLimit } from '../buffers/ring-buffer';
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

/** What becomes of a record that finds no room in a buffer without a policy: refused and counted. */
const REJECT = 0;

/** A source knows no severity, and so no level of a PriorityBuffer. */
export type TargetKind = Exclude<Kind, 'PriorityBuffer'>;

const LIMITS: Readonly<Record<TargetKind, (traits: readonly number[]) => Omit<Target, 'id'>>> = {
  EventBuffer: (traits) => ({ takesEvents: true, ...eventBufferLimits(traits) }),
  PerCPUEventBuffer: (traits) => ({ takesEvents: true, ...perCPUEventBufferLimits(traits) }),
  RingBuffer: (traits) => ({ takesEvents: false, maxRecord: ringBufferLimit(traits), policy: REJECT }),
  PerCPUBuffer: (traits) => ({ takesEvents: false, maxRecord: perCPUBufferLimit(traits), policy: REJECT }),
};

/** @throws TapioError ERR_INVALID_ARGUMENT for what is no buffer of one of these kinds, ERR_BUFFER_CLOSED when it is gone */
export function checkTarget(target: unknown, kinds: readonly TargetKind[]): Target {
  const handle =
    typeof target === 'object' && target !== null ? (target as Partial<TargetBuffer>).handle : undefined;
  const kind = kinds.find((each) => each === handle?.kind);
  if (kind === undefined) throw invalidArgument('target', target, kinds.map(withArticle).join(' or '));
  const { id, traits } = resolveHandle(kind, handle);
  return { id, ...LIMITS[kind](traits) };
}
