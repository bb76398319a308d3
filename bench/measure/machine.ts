/** The machine and the date, for whoever reads the figures. */
import os from 'node:os';

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly system: string;
  readonly node: string;
  readonly date: string;
}

export function machine(): Machine {
  const cpus = os.cpus();
  return {
    cores: cpus.length,
    cpu: cpus[0].model.trim(),
    system: `${os.type()} ${os.release()}`,
    node: process.versions.node,
    date: new Date().toISOString().slice(0, 10),
  };
}

export function describe({ cores, cpu, system, node, date }: Machine): string {
  return `${cores} x ${cpu}, ${system}, Node ${node}, ${date}`;
}
