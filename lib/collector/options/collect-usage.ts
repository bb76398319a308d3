/** The text of `tapio collect --help`. */
import { FORMAT_NAMES } from '../../formats';
import { EXPORT_USAGE } from '../exports';
import { KERNEL_USAGE } from '../sources/kernel-options';
import { MEMORY, OVERFLOW_FACTOR } from '../memory-plan';
import { DEFAULTS, STOP_LIMIT_S } from './collect-options';
import { SOURCES } from '../sources';
import { count } from '../text/figures';

export const COLLECT_USAGE = `Usage: tapio collect [options]

Collects events from sources, each in a worker thread of its own, through one
ring for each CPU into a sink.

Options:
  --source NAME     where events come from (default ${DEFAULTS.source}); may be repeated
                    auto      ebpf where it is permitted, else proc; says which
${[...SOURCES].map(([name, source]) => `                    ${(name === 'file' ? 'file:PATH' : name).padEnd(10)}${source.summary}`).join('\n')}
                    PATH may be a pattern such as '/var/log/*.json', quoted;
                    all files together are one source, which goes on through
                    renaming, copying and cutting, removal and creation
  --from WHERE      start or end of files that are there at the start and whose
                    position is not known (default ${DEFAULTS.from}); later ones are read
                    from their start
  --positions FILE  keeps how far files have been read, for the next run, at
                    least once: lines whose events had not reached the sink
                    when a run ended or was killed come again
  --rate N          events a second of the synthetic source (default ${DEFAULTS.rate})
  --workers N       threads of the synthetic source, sharing --rate (default ${DEFAULTS.workers})
  --format NAME     what the lines of stdin or files are (default ${DEFAULTS.format})
                    auto      each line is of the format that it looks like:
${formatLines()}
${KERNEL_USAGE}  --duration S      seconds to run at most, fractions allowed
                    (default: until Ctrl-C, or until standard input ends;
                    files are followed on and on)
  --sink SINK       where events go (default ${DEFAULTS.sink})
                      none      are counted and measured only
                      stdout    lines of JSON, one event each
                      file:PATH the same into a file, which is overwritten
  --sink-format F   whose lines those are: tapio (default), otlp (a log record
                    each), cloudevents, or text for people
  --append          keeps what is in the file, and writes behind it
${EXPORT_USAGE}  --correlate       finds bursts of events and chains of causes (a program
                    starts, connects, something fails) of each entity or
                    process, and sends an event of each to the sink, too
  --json            the summary is one line of JSON, the last of stdout
  -h, --help        this text

Advanced:
  --buffer-size B   bytes of each CPU's ring (default ${DEFAULTS.bufferSize}); the overflow
                    ring that all CPUs share has ${OVERFLOW_FACTOR} times as many
  --force           starts a run, too, that takes more memory than there may be
  --proc-interval MS
                    time between two samples of the proc source (default ${DEFAULTS.procInterval})
  SEED=N            (environment) repeats the synthetic events of a run,
                    but for their ids

Examples:
  tapio collect
      what happens on this host, until Ctrl-C
  tapio collect --sink stdout | grep tcp.open
      the same as lines of JSON
  tapio collect --source ebpf --sink stdout --sink-format text | head
      what programs start, open and connect to, in words
  tapio collect --source proc --source synthetic --rate 165000 --duration 10
      real events beside a heavy load: how much of a core does that take?
  tapio collect --source stdin --sink file:copy.ndjson < events.ndjson
      from one file into another, checking every line; the lines may change
      their order, as an event waits in the ring of the CPU that put it
  tapio collect --source 'file:/var/log/app/*.log' --positions app.pos
      what an application logs, in all of its files, going on where the
      run before ended
  tetra getevents -o json | tapio collect --source stdin --sink stdout
      what another tool has seen, as events; it is told whose lines they are
  tapio collect --source stdin --correlate --sink stdout < events.ndjson |
      grep correlation
      what belongs together in recorded events

Without a terminal, a line each second tells how it goes; the same figures make
the table on a terminal:
  0:01                 time since the start
  164,671/s            events delivered, by the second
  dropped 0            events lost since the start: the buffer had no room, or
                       the sink did not deliver
  peak fill 27%/0%     the fullest CPU's ring / the overflow ring, each at
                       its peak since the line before; a full ring alone
                       loses nothing: the overflow ring takes the rest
  cpu 17%              of one core, by the thread that takes the events
  p50 320us p99 5.7ms  from put to delivery: half of the events took less than
                       the first, 99 % less than the second; - without events
                       that tell their time

A line below it for each export (--otlp, --nats) tells what the other side has
taken, what waits, what was dropped, and why. An export that is slow or away
stalls nothing: the oldest of the events that wait for it give way (about
${count(MEMORY.exportCapacity)} may wait), and at the end it has ${STOP_LIMIT_S} seconds for the rest. Its figures
are its own; dropped above is of the sink. The line of --grpc counts an event
once for each client, as streamed to it or dropped, as it was slow or went;
dropped has also, once, what came too fast for all.

Ctrl-C, SIGTERM and the end of --duration stop the sources, deliver what waits
and print the summary; the reader of the events is waited for ${STOP_LIMIT_S} seconds in
all, and the rest counts as dropped. A second Ctrl-C ends at once. SIGHUP opens
the file of --sink anew, by its name, for whoever rotates it; without a file it
stops the run. A signal that was ignored at the start stays ignored (nohup).

Progress goes to stderr if stdout carries events or JSON. With NO_COLOR set, or
TERM unset or dumb, a terminal gets plain lines, too.

delivered counts the lines that the system took whole, also of a disk that gets
full; a line that was begun is cut out of the file again, or told.

Exit codes: 0 all went well and produced = delivered + dropped, exactly; 1 those
figures disagree, or a source, the sink, stdout or (for good) an export failed;
2 wrong usage; 130 the second Ctrl-C.
`;

/** The names of all formats, in lines of the usage text. */
function formatLines(): string {
  const lines: string[] = [];
  for (const name of FORMAT_NAMES) {
    const last = lines.at(-1);
    if (last === undefined || last.length + name.length > 48) lines.push(name);
    else lines[lines.length - 1] = `${last}, ${name}`;
  }
  return lines
    .map((line, index) => `${' '.repeat(30)}${line}${index < lines.length - 1 ? ',' : ''}`)
    .join('\n');
}
