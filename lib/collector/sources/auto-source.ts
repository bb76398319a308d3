/** `--source auto`: the best source of this host's own events that is permitted here. */
import { diagnoseTracing, type TracingDiagnosis } from '../../kernel';

export const AUTO = 'auto';

/** Puts a real source in place of `auto`, once; `tell` gets one line that says which and why. */
export function resolveAuto(
  sources: readonly string[],
  tell: (text: string) => void,
  diagnose: () => TracingDiagnosis = diagnoseTracing,
): string[] {
  if (!sources.includes(AUTO)) return [...sources];
  const { permitted, reason } = diagnose();
  tell(
    permitted
      ? 'source auto: ebpf, as the kernel permits tracing'
      : `source auto: proc, as eBPF is not permitted: ${reason}; see tapio doctor`,
  );
  const resolved = sources.map((name) => (name === AUTO ? (permitted ? 'ebpf' : 'proc') : name));
  return [...new Set(resolved)];
}
