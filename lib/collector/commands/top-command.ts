/** `tapio top`. */
import { UsageError, type Command } from '../command-line/command';
import { formatAddress, parseAddress } from '../command-line/listen-address';

const TOP_USAGE = `Usage: tapio top ADDRESS

Shows live what a collector is at that was started with --grpc ADDRESS: events
a second, how full the rings of the CPUs got, drops, latency, and the types,
processes and containers with most events. Needs @grpc/grpc-js.

ADDRESS is HOST:PORT, [IPV6]:PORT or, on this machine, PORT.

Keys:
  q, Ctrl-C    quit
  space        pause, and go on
  t p c        types, processes or containers alone;  a  all of them
  s            sort by events a second, or by events in all

It draws itself anew when the terminal gets another size. A collector that goes
away is told, and asked for each second until it is back. Without a terminal,
with NO_COLOR set, or TERM unset or dumb, it prints a line each second.

Exit codes: 0 quit; 1 there is no collector at ADDRESS; 2 wrong usage.
`;

export const topCommand: Command = {
  usage: TOP_USAGE,
  async run(args) {
    const [text, ...more] = args;
    if (text === undefined) throw new UsageError('needs the ADDRESS of a collector');
    const wrong = text.startsWith('-') ? text : more[0];
    if (wrong !== undefined) throw new UsageError(`${JSON.stringify(wrong)}: there is no such option`);
    const address = formatAddress(parseAddress('ADDRESS', text));
    // Only now: the other commands start without it.
    const [{ EventClient }, { top }] = await Promise.all([
      import('../../integrations/grpc/index.js'),
      import('../top/top.js'),
    ]);
    return top(address, () => new EventClient(address));
  },
};
