/** Capabilities of this thread, as far as eBPF asks for them. */
import fs from 'node:fs';

/** Bits of the kernel's capability sets. */
const BITS = { CAP_SYS_ADMIN: 21, CAP_PERFMON: 38, CAP_BPF: 39 } as const;

/** Loading programs and making maps; reading the kernel's memory and attaching to its tracepoints. */
const NEEDED = ['CAP_BPF', 'CAP_PERFMON'] as const;
export type Capability = (typeof NEEDED)[number];

/** Gives what is missing to the binary of Node, for whoever runs it. */
export function grantCommand(missing: readonly Capability[]): string {
  const names = missing.map((name) => name.toLowerCase()).join(',');
  return `sudo setcap ${names}+ep ${process.execPath}`;
}

/** What this thread lacks. CAP_SYS_ADMIN stands for both, as it did before they were split off. undefined: it cannot be told here. */
export function missingCapabilities(): Capability[] | undefined {
  let status: string;
  try {
    status = fs.readFileSync('/proc/thread-self/status', 'latin1');
  } catch {
    return undefined;
  }
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  if (effective === undefined) return undefined;
  const held = BigInt(`0x${effective}`);
  const has = (name: keyof typeof BITS): boolean => ((held >> BigInt(BITS[name])) & 1n) === 1n;
  return has('CAP_SYS_ADMIN') ? [] : NEEDED.filter((name) => !has(name));
}
