/** `tapio doctor`. */
import { type Command, ExitCode, UsageError } from '../command-line/command';
import { diagnose, formatDiagnosis } from './doctor';
import { stdout } from '../output/standard-streams';

const DOCTOR_USAGE = `Usage: tapio doctor [--json]

Tells which binary was loaded, what it runs on, and whether this process may
trace the kernel; if not, what is missing and the command that grants it.

Options:
  --json            one line of JSON
  -h, --help        this text

Exit codes: 0 the package works here, with eBPF or without; 1 no binary loads;
2 wrong usage.
`;

export const doctorCommand: Command = {
  usage: DOCTOR_USAGE,
  run: (args) => {
    const unknown = args.find((arg) => arg !== '--json');
    if (unknown !== undefined) throw new UsageError(`${JSON.stringify(unknown)}: there is no such option`);
    const diagnosis = diagnose();
    if (args.includes('--json')) stdout.printJSON(diagnosis);
    else stdout.print(...formatDiagnosis(diagnosis));
    return Promise.resolve('problem' in diagnosis.binary ? ExitCode.Failed : ExitCode.Done);
  },
};
