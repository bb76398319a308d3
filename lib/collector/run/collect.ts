/** One run of the collector: sources -> PerCPUEventBuffer -> consumer -> sink, and its orderly end. */
import { setTimeout as delay } from 'node:timers/promises';
import { PerCPUEventBuffer, TapioError } from '../../index';
import { ActivitySampler, type ActivitySource } from '../measure/activity-sampler';
import { resolveAuto } from '../sources/auto-source';
import { ExitCode, UsageError } from '../command-line/command';
import { Consumer } from '../delivery/consumer';
import { CorrelationOutlet } from '../delivery/correlation-outlet';
import { CpuMeter, type CpuPercent } from '../measure/cpu-meter';
import { Exports } from '../exports/exports';
import { checkPositions } from '../follow/position-check';
import { tracesAllProcesses } from '../sources/kernel-options';
import { LiveDisplay } from '../report/live-display';
import { ROOM } from '../little-memory';
import { checkMemory, type RunParts } from '../memory-need';
import { MEMORY, OVERFLOW_FACTOR, ringBytes } from '../memory-plan';
import { spareHeap } from '../spare-heap';
import { STOP_LIMIT_S, type CollectOptions } from '../options/collect-options';
import { findInput, type FileIdentity, STANDARD_OUTPUTS } from '../output/file-identity';
import {
  abandonStandardStreams,
  drainStandardStreams,
  stderr,
  stdout,
  type StandardStream,
} from '../output/standard-streams';
import { Patience } from './patience';
import { KernelAnnotator } from '../processes/kernel-annotator';
import { ProcessTable } from '../processes/process-table';
import { RunClock } from '../measure/run-clock';
import { RunEnd } from './run-end';
import { openSink } from '../sinks/open-sink';
import type { Sink } from '../sinks/sink';
import { SourceThread } from '../sources/source-thread';
import { SOURCES } from '../sources';
import { StatusSampler } from '../report/status';
import { onStopSignals } from '../signals/stop-signals';
import { rateShortfall } from '../report/rate-shortfall';
import { conservationErrors, formatSummary, makeSummary, sumSources } from '../report/summary';

/** How long the summary of a run that was stopped waits for its reader. */
const SUMMARY_LIMIT_MS = 1000;
/** So long a run may take to end without a word. */
const UNEXPLAINED_MS = 1000;

/** Runs until the duration is over, all sources have ended, a signal, a failure, or a closed stdout. */
export async function collect(asked: CollectOptions): Promise<number> {
  const sources = resolveAuto(asked.sources, (text) => stderr.print(`tapio: ${text}`));
  const options = { ...asked, sources };
  // Without what it leaves out, the run would be another one than was asked for.
  if (options.kernelOption !== undefined && !sources.includes('ebpf'))
    throw new UsageError(`${options.kernelOption}: needs --source ebpf, which is not permitted here`);
  const inputs = sources.flatMap((name) => SOURCES.get(name)?.inputs?.(options) ?? []);
  refuseInputs(inputs);
  if (!options.force) checkMemory(runParts(options), ROOM);
  const { positions, files, sink: target } = options;
  if (positions !== undefined) {
    checkPositions(positions, target.kind === 'file' ? target.path : undefined, files, inputs);
  }
  spareHeap();
  const end = new RunEnd();
  const buffer = createBuffer(options.bufferSize);
  const display = new LiveDisplay(humanStream(options), stderr, hasTable(options));
  const warn = (text: string): void => display.message(`tapio: ${text}`);
  let activity = hasTable(options) ? new ActivitySampler(buffer) : undefined;
  // Before the sink, whose file is overwritten.
  const exporting = await Exports.open(options.exports, {
    buffer,
    activity: () => (activity ??= new ActivitySampler(buffer)),
    warn,
    fail: (text) => {
      warn(text);
      end.failures.push(text);
    },
  });
  const sink = await openSink(
    options.sink,
    inputs,
    (failure) => end.request(failure),
    options.sinkFormat,
  ).catch(async (error: unknown) => {
    await exporting.close(0);
    throw error;
  });
  stdout.onFailure(() => end.request());
  // A terminal that is gone ends the run, also one whose events go into a file: nobody could stop it any more.
  stderr.onFailure(() => {
    if (stderr.output.isReaderGone && stderr.output.isTerminal) end.hurry();
  });
  const clock = new RunClock();
  const stamped = new Set(options.sources.filter((name) => SOURCES.get(name)?.stampsEvents));
  const correlation = options.correlate ? new CorrelationOutlet(sink.beside(), exporting) : undefined;
  const processes = knowsProcesses(options, warn) ? new ProcessTable() : undefined;
  const annotator = looksAtEvents(options)
    ? new KernelAnnotator(processes, () => seesAllProcesses(options, threads))
    : undefined;
  const consumer = new Consumer({
    buffer,
    sink,
    clock,
    stamped,
    exports: exporting,
    correlation,
    activity: activity?.meter,
    annotator,
  });
  const cpu = new CpuMeter();
  const patience = new Patience(
    STOP_LIMIT_S * 1000,
    () => consumer.isWaitingForSink,
    () => sink.giveUp(`not everything was taken within ${STOP_LIMIT_S} s of the stop`),
  );
  void end.hurried.then(() => patience.start());
  const ignoreSignals = onStopSignals({
    stop: () => {
      if (!end.isRequested)
        display.message('tapio: stopping, delivering what waits (Ctrl-C again ends at once)');
      end.hurry();
    },
    beforeExit: () => display.stop(),
    reopen: () => !end.isRequested && sink.reopen((text) => display.message(`tapio: ${text}`)),
  });
  const consumed = consumer.run();
  consumed.catch(() => {
    // Nobody would make room again: puts must fail, not wait. The error itself comes out where this is awaited.
    buffer.close();
    end.request();
  });

  const threads = startThreads(options, buffer, clock, warn, () => consumer.arrived());
  const allEnded = watchThreads(threads, end);
  await Promise.race([Promise.all(threads.map(({ ready }) => ready)), end.requested]);

  const startedAt = performance.now();
  let duration: NodeJS.Timeout | undefined;
  if (!end.isRequested) {
    cpu.restart();
    const now = clock.now();
    for (const thread of threads) thread.go(now);
    processes?.addRunning();
    activity?.start(activitySource(consumer, sink, threads), now);
    const parts = { sink, exports: exporting, activity, consumer, cpu, threads, startedAt };
    display.start(new StatusSampler(options, parts));
    void allEnded.then(() => end.request());
    if (options.durationMs !== undefined) duration = setTimeout(() => end.hurry(), options.durationMs);
  }

  try {
    await end.requested;
    const stopAt = performance.now();
    for (const thread of threads) thread.stop();
    await allEnded;
    buffer.close();
    await consumed;
    const usage = cpu.sinceStart();
    await closeExports(exporting, warn);
    // Without the time the threads take to exit.
    const durationMs = Math.max(stopAt, consumer.lastDeliveryAt) - startedAt;
    display.stop();
    const times = { durationMs, producingMs: stopAt - startedAt };
    const run = {
      ...times,
      threads,
      sink,
      exports: exporting,
      consumer,
      correlation,
      usage,
      cpuNote: cpu.note,
      buffer,
      end,
    };
    const code = report(options, run);
    await drain(end);
    return code;
  } finally {
    activity?.stop();
    await exporting.close(0);
    clearTimeout(duration);
    patience.stop();
    display.stop();
    ignoreSignals();
  }
}

/** Tells of a wait that people would wonder about. */
async function closeExports(exporting: Exports, warn: (text: string) => void): Promise<void> {
  const timer = setTimeout(
    () => warn(`waiting up to ${STOP_LIMIT_S} s for the other side of exports to take what waits`),
    UNEXPLAINED_MS,
  );
  await exporting.close(STOP_LIMIT_S * 1000);
  clearTimeout(timer);
}

/** Whether no fork, exec or exit of the host was left out by a filter, or lost. */
function seesAllProcesses({ kernel }: CollectOptions, threads: readonly SourceThread[]): boolean {
  const { lost, dropped } = sumSources(threads).get('ebpf')!;
  return lost === 0 && dropped === 0 && tracesAllProcesses(kernel);
}

function activitySource(consumer: Consumer, sink: Sink, threads: readonly SourceThread[]): ActivitySource {
  const refused = (): number => threads.reduce((sum, { counters }) => sum + counters.read().dropped, 0);
  return {
    types: consumer.types,
    delivered: () => sink.delivered,
    dropped: () => sink.lost + refused(),
  };
}

/** Whether what the kernel tells of processes can be believed: in the buffer, an event of ours and a line that looks like one are alike. */
function knowsProcesses(options: CollectOptions, warn: (text: string) => void): boolean {
  if (!looksAtEvents(options)) return false;
  const doubtful = options.sources.filter((name) => SOURCES.get(name)?.repeatsOthers);
  if (doubtful.length === 0) return true;
  warn(
    `source ebpf: adds no arguments and parents of processes beside --source ${doubtful.join(' and ')}, ` +
      "whose lines may call themselves the kernel's",
  );
  return false;
}

/** Whether single events of the kernel matter to somebody, who is to get them whole. */
function looksAtEvents({ sources, sink, correlate, ...asked }: CollectOptions): boolean {
  return sources.includes('ebpf') && (sink.kind !== 'none' || asked.exports.length > 0 || correlate);
}

/** Where what is for people goes: not into the data. */
function humanStream({ json, sink }: CollectOptions): StandardStream {
  return json || sink.kind === 'stdout' ? stderr : stdout;
}

/** Events on the same terminal would tear a table, and so would what the reader of a pipe (`| head`) shows there. */
function hasTable(options: CollectOptions): boolean {
  const mayTear = options.sink.kind === 'stdout' && (stdout.output.isTerminal || stdout.isPipe);
  return humanStream(options).canRewrite && !mayTear;
}

/** Throws if standard output or error is a file that is read: the run would read what it writes. */
function refuseInputs(inputs: readonly FileIdentity[]): void {
  for (const [fd, name] of STANDARD_OUTPUTS) {
    const input = findInput(fd, inputs);
    if (input) throw new UsageError(`${name} is the file that ${input.name} reads`);
  }
}

/** Waits until what was told is read: for as long as it takes, unless somebody wants an end. */
async function drain(end: RunEnd): Promise<void> {
  const taken = drainStandardStreams().then(() => true);
  const late = end.hurried.then(() => delay(SUMMARY_LIMIT_MS, false, { ref: false }));
  if (await Promise.race([taken, late])) return;
  abandonStandardStreams('the summary was not taken in time');
  await taken;
}

/** The source threads of a run, each with its number in its source. */
function threadsOf(options: CollectOptions) {
  return options.sources.flatMap((name) => {
    const source = SOURCES.get(name)!;
    return Array.from({ length: source.threads?.(options) ?? 1 }, (_, thread) => ({ name, source, thread }));
  });
}

function runParts(options: CollectOptions): RunParts {
  return {
    sources: threadsOf(options).map(({ source }) => source),
    outputs: options.exports,
    hasSink: options.sink.kind !== 'none',
    correlates: options.correlate,
    extraRingBytes: Math.max(0, ringBytes(options.bufferSize) - ringBytes(MEMORY.bufferSize)),
  };
}

function startThreads(
  options: CollectOptions,
  buffer: PerCPUEventBuffer,
  clock: RunClock,
  warn: (text: string) => void,
  arrived: () => Promise<boolean>,
): SourceThread[] {
  return threadsOf(options).map(({ name, source, thread }) => {
    const settings: unknown = source.settings(options, thread);
    const data = { settings, buffer: buffer.handle, epochOffset: clock.epochOffset };
    return new SourceThread(name, data, warn, arrived);
  });
}

/** Resolves when all have exited; one that fails ends the run. */
async function watchThreads(threads: SourceThread[], end: RunEnd): Promise<void> {
  await Promise.all(
    threads.map(async ({ name, ended }) => {
      const failure = await ended;
      if (failure !== undefined) end.request(`source ${name}: ${failure}`);
    }),
  );
}

interface EndedRun {
  durationMs: number;
  /** Until the sources were asked to stop. */
  producingMs: number;
  threads: SourceThread[];
  sink: Sink;
  exports: Exports;
  consumer: Consumer;
  correlation: CorrelationOutlet | undefined;
  usage: CpuPercent;
  cpuNote: string;
  buffer: PerCPUEventBuffer;
  end: RunEnd;
}

/** Prints the summary and what went wrong, and gives the exit code. */
function report(options: CollectOptions, run: EndedRun): number {
  const { durationMs, sink, consumer, usage, end } = run;
  const sources = sumSources(run.threads);
  const metrics = run.buffer.getMetrics();
  const latency = consumer.latency.all();
  const correlated = run.correlation?.counts();
  const exported = run.exports.counts();
  const served = run.exports.served();
  const summary = makeSummary({
    durationMs,
    sources,
    sink,
    cpu: usage,
    latency,
    metrics,
    rate: options.rate,
    correlated,
    exported,
    served,
  });
  if (!options.json) {
    const notes = {
      cpu: run.cpuNote,
      lostBecause: sink.lostBecause,
      exports: exported,
      rate: rateShortfall(summary, options.workers, run.producingMs),
    };
    const people = humanStream(options);
    people.print(...formatSummary(summary, consumer.types.top(5), notes, people.lineColumns));
  }
  const errors = [...end.failures, ...conservationErrors(sources, sink, metrics, correlated, exported)];
  // The frames of a stack stay lines of their own.
  for (const error of errors) stderr.print(...`tapio collect: ${error}`.split(/\n(?= +at )/));
  if (options.json) summaryStream().printJSON(summary);
  return errors.length === 0 ? ExitCode.Done : ExitCode.Failed;
}

/** A standard output that has failed takes no summary; who only went away (`| head`) wants none. */
function summaryStream(): StandardStream {
  const { failure, isReaderGone } = stdout.output;
  return failure !== undefined && !isReaderGone ? stderr : stdout;
}

function createBuffer(bufferSizePerCPU: number): PerCPUEventBuffer {
  try {
    return new PerCPUEventBuffer({ bufferSizePerCPU, overflowSize: bufferSizePerCPU * OVERFLOW_FACTOR });
  } catch (error) {
    const misuse = error instanceof TapioError && error.code.startsWith('ERR_INVALID');
    throw misuse ? new UsageError(`--buffer-size ${bufferSizePerCPU}: ${error.message}`) : error;
  }
}
