/** What an export is: an output beside the sink. A new one is a file beside this with an ExportDefinition and a line in index.ts. */
import type { PerCPUEventBuffer, UnifiedEvent } from '../../index';
import type { ActivitySampler } from '../measure/activity-sampler';

/** Events: taken = delivered + dropped + waiting. */
export interface ExportCounts {
  /** Offered by the run. */
  readonly taken: number;
  /** Where they were to go, and it said so. */
  readonly delivered: number;
  /** Gave way to later ones, refused over there, or left behind at the end. */
  readonly dropped: number;
  readonly waiting: number;
  /** Times that something was sent again. */
  readonly retried: number;
  /** Why some were dropped, or wait: a few words, from outside perhaps. */
  readonly note?: string;
}

/** Of one that serves who is there: what comes while nobody is there is of no use, and no part of these. */
export interface ServedCounts {
  /** Who is there now. */
  readonly clients: number;
  /** Events, each once for each client that it was for. */
  readonly streamed: number;
  /** Likewise: gave way in the queue of a slow client, were left there when it went, or were larger than a message. */
  readonly dropped: number;
  /** For all clients, each once: came faster than they were taken, waited when the last client went, or cannot be served. */
  readonly discarded: number;
}

/**
 * One output of a run, beside its sink. Whatever happens to it, the run goes on: no call waits or throws, but for `close`. Lives in the
 * main thread; what takes time is done in a thread of its own, behind a buffer whose policy decides when that is slow.
 */
export interface Export {
  /** Takes an event, which is shared with other exports: it must not be changed. Absent from one that takes none. */
  take?(event: UnifiedEvent): void;
  /** False while events would be of no use to it: then none is made for it. Absent: always true. */
  isTaking?(): boolean;
  /** Undefined of an export that takes no events, or not all. Final once closed. */
  counts(): ExportCounts | undefined;
  /** Final once closed. */
  served?(): ServedCounts;
  /** No event follows. Resolves when all are counted as delivered or dropped; `hurry` aborts when that must come soon. */
  close(hurry: AbortSignal): Promise<void>;
}

/** What an export is told of its run. */
export interface ExportContext {
  /** Through which all events come. */
  readonly buffer: PerCPUEventBuffer;
  /** What the run tells of itself; measured only if this is called while the exports are opened. */
  readonly activity: () => ActivitySampler;
  /** Shows one line to the user. */
  readonly warn: (text: string) => void;
  /** It is of no use any more: told, and the run ends with exit code 1 when it ends. */
  fail(text: string): void;
}

/** Values of options by name, as of parseArgs. */
export type ExportValues = Readonly<Record<string, string | undefined>>;

/** Type parameter S: its settings. */
export interface ExportDefinition<S = unknown> {
  /** In messages and in the summary; also its first option. */
  readonly name: string;
  /** MiB that a run takes with it, at the most, in a limit of 64 MB: see memory-need.ts. */
  readonly memory: number;
  /** Other options that it has; each takes a value. They are refused without the first. */
  readonly options: readonly string[];
  /** Its lines for --help, at most 80 columns wide. */
  readonly usage: string;
  /** Throws UsageError for what cannot be meant. */
  parse(value: string, values: ExportValues): S;
  /** Before any source starts. Rejects if it cannot work at all, which ends the run. */
  open(settings: S, context: ExportContext): Promise<Export>;
}

/** One that was asked for. */
export interface AskedExport {
  readonly name: string;
  readonly memory: number;
  open(context: ExportContext): Promise<Export>;
}
