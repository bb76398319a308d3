import { binding } from '../binding';
import { type Capability, grantCommand, missingCapabilities } from './privileges';
import { describeRefusal } from './refusal';

/** Whether this process may trace the kernel, and what to do if not. */
export interface TracingDiagnosis {
  /** Found out by attaching a tracer and taking it away again. */
  permitted: boolean;
  /** What the kernel refuses, with the errno; undefined when it permits all. */
  reason?: string;
  /** The capabilities this thread lacks; undefined where that cannot be told. */
  missing?: Capability[];
  /** The command that grants them to this Node. */
  grant?: string;
}

/** Tries to trace, for a moment. Any thread; takes some milliseconds. */
export function diagnoseTracing(): TracingDiagnosis {
  const failure = binding.probeTracing();
  const missing = missingCapabilities();
  const diagnosis: TracingDiagnosis = { permitted: failure[0] === 0, missing };
  if (!diagnosis.permitted) diagnosis.reason = describeRefusal(failure);
  if (missing !== undefined && missing.length > 0) diagnosis.grant = grantCommand(missing);
  return diagnosis;
}
