/** The `tapio` command: finds the sub-command and hands it the rest of the line. */
import fs from 'node:fs';
import path from 'node:path';
import { ExitCode, UsageError, type Command } from './command-line/command';
import { keepIgnored } from './signals/ignored-signals';
import { endStandardStreams, guardStandardStreams, stderr, stdout } from './output/standard-streams';
import { messageOf } from './text/message-of';

/** A line for the list of commands, and the command, which is loaded only where it is asked for. */
interface Entry {
  readonly summary: string;
  load(): Promise<Command>;
}

const COMMANDS = new Map<string, Entry>([
  [
    'collect',
    {
      summary: 'collect events from sources through per-CPU rings to a sink',
      load: async () => {
        (await import('./spare-code.js')).spareCode();
        return (await import('./commands/collect-command.js')).collectCommand;
      },
    },
  ],
  [
    'doctor',
    {
      summary: 'tell what works on this machine, and what is missing',
      load: async () => (await import('./commands/doctor-command.js')).doctorCommand,
    },
  ],
  [
    'top',
    {
      summary: 'show live what a collector with --grpc is at',
      load: async () => (await import('./commands/top-command.js')).topCommand,
    },
  ],
]);

const USAGE = `Usage: tapio <command> [options]

Commands:
${[...COMMANDS].map(([name, command]) => `  ${name.padEnd(10)} ${command.summary}`).join('\n')}

  tapio <command> --help   the options of a command, with examples
  tapio --version          the version of this package

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 a second Ctrl-C.
`;

function version(): string {
  const file = path.join(__dirname, '..', '..', 'package.json');
  return (JSON.parse(fs.readFileSync(file, 'utf8')) as { version: string }).version;
}

async function main([name, ...rest]: string[]): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help') {
    stdout.print(...lines(USAGE));
    return ExitCode.Done;
  }
  if (name === '--version' || name === '-v') {
    stdout.print(version());
    return ExitCode.Done;
  }
  const entry = COMMANDS.get(name ?? '');
  if (!entry) {
    if (name === undefined) stderr.print(...lines(USAGE));
    else stderr.print(`tapio: there is no command ${JSON.stringify(name)}`, 'see tapio --help');
    return ExitCode.Usage;
  }
  const command = await entry.load();
  if (rest.includes('--help') || rest.includes('-h')) {
    stdout.print(...lines(command.usage));
    return ExitCode.Done;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    if (UsageError.is(error)) {
      stderr.print(`tapio ${name}: ${error.message}`, `see tapio ${name} --help`);
      return ExitCode.Usage;
    }
    stderr.print(`tapio ${name}: ${messageOf(error)}`);
    return ExitCode.Failed;
  }
}

/** Of a text of this package. */
function lines(text: string): string[] {
  return text.trimEnd().split('\n');
}

keepIgnored();
guardStandardStreams();
void main(process.argv.slice(2)).then(endStandardStreams);
