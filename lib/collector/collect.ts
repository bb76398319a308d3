/** One run of the collector: sources -> PerCPUEventBuffer -> consumer -> sink, and its orderly end. */
import type { WriteStream } from 'node:tty';
import { PerCPUEventBuffer, TapioError } from '../index';
import { resolveAuto } from './auto-source';
import { ExitCode, UsageError } from './command';
import { Consumer } from './consumer';
import { CorrelationOutlet } from './correlation-outlet';
import { CpuMeter, type CpuPercent } from './cpu-meter';
import { LiveDisplay } from './live-display';
import { OVERFLOW_FACTOR, type CollectOptions } from './options';
import { RunClock } from './run-clock';
import { openSink, type Sink } from './sinks';
import { SourceThread } from './source-thread';
import { SOURCES } from './sources';
import { StatusSampler } from './status';
import { rateShortfall } from './rate-shortfall';
import { conservationErrors, formatSummary, makeSummary, sumSources, summaryJSON } from './summary';

/** Runs until the duration is over, all sources have ended, a signal, a failure, or a closed stdout. */
export async function collect(asked: CollectOptions): Promise<number> {
  const sources = resolveAuto(asked.sources, (text) => process.stderr.write(`tapio: ${text}\n`));
  const options = { ...asked, sources };
  const end = new RunEnd();
  const buffer = createBuffer(options.bufferSize);
  const sink = await openSink(options.sink, (failure) => end.request(failure));
  process.stdout.once('error', () => end.request(undefined));
  const clock = new RunClock();
  const stamped = new Set(options.sources.filter((name) => SOURCES.get(name)?.stampsEvents));
  const correlation = options.correlate ? new CorrelationOutlet(sink.beside()) : undefined;
  const consumer = new Consumer(buffer, sink, clock, stamped, correlation);
  const cpu = new CpuMeter();
  const display = new LiveDisplay(humanStream(options), process.stderr);
  const ignoreSignals = onStopSignals(end, display);
  const consumed = consumer.run();
  consumed.catch(() => {
    // Nobody would make room again: puts must fail, not wait. The error itself comes out where this is awaited.
    buffer.close();
    end.request(undefined);
  });

  const warn = (text: string): void => display.message(`tapio: ${text}`);
  const threads = startThreads(options, buffer, clock, warn, () => consumer.arrived());
  const allEnded = watchThreads(threads, end);
  await Promise.race([Promise.all(threads.map(({ ready }) => ready)), end.requested]);

  const startedAt = performance.now();
  let duration: NodeJS.Timeout | undefined;
  if (!end.isRequested) {
    cpu.restart();
    const now = clock.now();
    for (const thread of threads) thread.go(now);
    display.start(new StatusSampler(options, { sink, consumer, cpu, threads, startedAt }));
    if (options.durationMs === undefined) void allEnded.then(() => end.request(undefined));
    else duration = setTimeout(() => end.request(undefined), options.durationMs);
  }

  try {
    await end.requested;
    const stopAt = performance.now();
    for (const thread of threads) thread.stop();
    await allEnded;
    buffer.close();
    await consumed;
    // Without the time the threads take to exit.
    const durationMs = Math.max(stopAt, consumer.lastDeliveryAt) - startedAt;
    const usage = cpu.sinceStart();
    display.stop();
    const times = { durationMs, producingMs: stopAt - startedAt };
    const run = { ...times, threads, sink, consumer, correlation, usage, cpuNote: cpu.note, buffer, end };
    return report(options, run);
  } finally {
    clearTimeout(duration);
    display.stop();
    ignoreSignals();
  }
}

/** Where what is for people goes: not into the data. */
function humanStream({ json, sink }: CollectOptions): WriteStream {
  return json || sink.kind === 'stdout' ? process.stderr : process.stdout;
}

function startThreads(
  options: CollectOptions,
  buffer: PerCPUEventBuffer,
  clock: RunClock,
  warn: (text: string) => void,
  arrived: () => Promise<boolean>,
): SourceThread[] {
  return options.sources.flatMap((name) =>
    (SOURCES.get(name)?.settings(options) ?? []).map((settings: unknown) => {
      const data = { settings, buffer: buffer.handle, epochOffset: clock.epochOffset };
      return new SourceThread(name, data, warn, arrived);
    }),
  );
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
  const summary = makeSummary({
    durationMs,
    sources,
    sink,
    cpu: usage,
    latency,
    metrics,
    rate: options.rate,
    correlated,
  });
  if (!options.json) {
    const notes = {
      cpu: run.cpuNote,
      lostBecause: sink.lostBecause,
      rate: rateShortfall(summary, options.workers, run.producingMs),
    };
    humanStream(options).write(formatSummary(summary, consumer.types.top(5), notes));
  }
  const errors = [...end.failures, ...conservationErrors(sources, sink, metrics, correlated)];
  for (const error of errors) process.stderr.write(`tapio collect: ${error}\n`);
  if (options.json) process.stdout.write(`${summaryJSON(summary)}\n`);
  return errors.length === 0 ? ExitCode.Done : ExitCode.Failed;
}

/** The reasons to end the run; the first one begins the end, failures are kept. */
class RunEnd {
  readonly failures: string[] = [];
  readonly requested: Promise<void>;
  isRequested = false;
  private resolve = (): void => {};

  constructor() {
    this.requested = new Promise((resolve) => (this.resolve = resolve));
  }

  request(failure: string | undefined): void {
    if (failure !== undefined) this.failures.push(failure);
    this.isRequested = true;
    this.resolve();
  }
}

function createBuffer(bufferSizePerCPU: number): PerCPUEventBuffer {
  try {
    return new PerCPUEventBuffer({ bufferSizePerCPU, overflowSize: bufferSizePerCPU * OVERFLOW_FACTOR });
  } catch (error) {
    const misuse = error instanceof TapioError && error.code.startsWith('ERR_INVALID');
    throw misuse ? new UsageError(`--buffer-size ${bufferSizePerCPU}: ${error.message}`) : error;
  }
}

/** The first signal begins the orderly end, a second Ctrl-C does not wait for it. The result undoes this. */
function onStopSignals(end: RunEnd, display: LiveDisplay): () => void {
  let interrupted = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (interrupted && signal === 'SIGINT') {
      display.stop();
      process.exit(ExitCode.Interrupted);
    }
    interrupted ||= signal === 'SIGINT';
    if (!end.isRequested)
      display.message('tapio: stopping, delivering what waits (Ctrl-C again ends at once)');
    end.request(undefined);
  };
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}
