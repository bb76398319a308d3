import { invalidArgument } from '../validate';

/** The classes of buffers. Travels as the place in this list. */
const KINDS = ['RingBuffer', 'EventBuffer', 'PerCPUBuffer', 'PerCPUEventBuffer', 'PriorityBuffer'] as const;
export type Kind = (typeof KINDS)[number];

/** What a put does when the buffer is full. */
export type FullPolicy = 'reject' | 'drop-oldest' | 'block';

/** Native code knows each by its place, too: see Outlet::Policy in native/kernel/outlet.h. */
const POLICIES: readonly FullPolicy[] = ['reject', 'drop-oldest', 'block'];

/** What whoever joins a buffer must know of it. Travels with the buffer as numbers, which native code keeps and does not read. */
export interface Traits {
  readonly kind: Kind;
  /** As the option of that name. */
  readonly slotSize: number;
  /** Bytes of the largest record: of events, encoded. */
  readonly maxRecord: number;
  readonly policy: FullPolicy;
  readonly wakeIntervalMicros: number;
}

export function encodeTraits({ kind, slotSize, maxRecord, policy, wakeIntervalMicros }: Traits): number[] {
  return [KINDS.indexOf(kind), slotSize, maxRecord, policyNumber(policy), wakeIntervalMicros];
}

export function decodeTraits(numbers: readonly number[]): Traits {
  const [kind, slotSize, maxRecord, policy, wakeIntervalMicros] = numbers;
  return { kind: KINDS[kind], slotSize, maxRecord, policy: POLICIES[policy], wakeIntervalMicros };
}

export function policyNumber(policy: FullPolicy): number {
  return POLICIES.indexOf(policy);
}

export function checkPolicy(value: unknown): FullPolicy {
  if (!POLICIES.includes(value as FullPolicy))
    throw invalidArgument('onFull', value, `one of ${POLICIES.join(', ')}`);
  return value as FullPolicy;
}
