import { binding } from '../binding';
import { type Capability, lackOfCapabilities } from './privileges';
import { describeRefusal } from './refusal';

/** Whether this process may trace the kernel, and what to do if not. */
export interface TracingDiagnosis {
  /** Found out by attaching a tracer and taking it away again. */
  permitted: boolean;
  /** What the kernel refuses, with the errno; undefined when it permits all. Says nothing of capabilities that are in `missing`. */
  reason?: string;
  /** The capabilities this thread lacks; undefined where that cannot be told. */
  missing?: Capability[];
  /** The command that grants both to this Node; where that would do nothing or harm, the one that starts a container with both. */
  grant?: string;
  /** What that costs, or how it is done elsewhere. */
  note?: string;
}

/** Tries to trace, for a moment. Any thread; takes some milliseconds. */
export function diagnoseTracing(): TracingDiagnosis {
  const failure = binding.probeTracing();
  const lack = lackOfCapabilities();
  const isLacking = lack !== undefined && lack.missing.length > 0;
  const diagnosis: TracingDiagnosis = { permitted: failure[0] === 0, missing: lack?.missing };
  if (!diagnosis.permitted) diagnosis.reason = describeRefusal(failure, { tellLack: false });
  if (isLacking) Object.assign(diagnosis, { grant: lack.grant, note: lack.note });
  return diagnosis;
}
