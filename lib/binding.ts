/**
 * Loads the addon and types it. Nothing else in lib/ touches native code; lib/binary/ finds the file.
 *
 * Native functions throw nothing and check nothing a user could get wrong: callers in lib/ check
 * arguments first and turn status numbers into TapioErrors.
 */
import { absentAddon } from './binary/absent-addon';
import { loadBinary } from './binary/load-binary';
import { TapioError } from './errors';

export { environmentVariable } from './binary/environment-variable';
export { glibcVersion, runningLibc } from './binary/libc';
export type { BinaryKind } from './binary/load-binary';
export type { Failure } from './binary/refusal';
export { runtimeName } from './binary/runtime';

/** The rings of a buffer, by the number of Layout in native/addon/addon.cc. Of levels, a take begins with the first every time. */
const LAYOUTS = ['one ring', 'ring per CPU', 'ring per level'] as const;
/** Levels of the layout `ring per level`. */
const LEVELS = 4;

/** What a buffer is made of. All numbers are checked by the caller. */
export interface BufferConfig {
  layout: (typeof LAYOUTS)[number];
  /** Slots of each ring (0 with levels), and of the overflow ring (0: none). */
  slots: number;
  overflowSlots: number;
  /** Bytes from slot to slot (a multiple of 128), and those a record can use (at most 16 less). */
  stride: number;
  payload: number;
  /** First ticket of each ring. */
  start: number;
  /** Up to 8 numbers that come back from `bufferTraits`; native code does not read them. */
  traits: number[];
  /** At least this long between two wakes of a sleeping consumer under load; 0: no limit. */
  wakeIntervalMicros: number;
  /** Slots of each level, LEVELS numbers; and one event of `turnEvery` goes to the levels behind the first, in turn (0: none). */
  levels?: { slots: readonly number[]; turnEvery: number };
}

/** The form in which native code takes a BufferConfig: see ConfigIndex in native/addon/addon.cc. */
export function bufferConfig(config: BufferConfig): Float64Array {
  const { layout, slots, overflowSlots, stride, payload, start, wakeIntervalMicros, traits } = config;
  const levels = config.levels ?? { slots: new Array<number>(LEVELS).fill(0), turnEvery: 0 };
  return Float64Array.of(
    LAYOUTS.indexOf(layout),
    slots,
    overflowSlots,
    stride,
    payload,
    start,
    wakeIntervalMicros,
    levels.turnEvery,
    ...levels.slots,
    ...traits,
  );
}

/** One buffer instance in one thread. It lives while JavaScript holds this object. */
export interface Attached {
  readonly id: bigint;
  /** What a call on it selects it by, in the control. */
  readonly instance: number;
  /** What the dispatcher is called with when a wait for a record, or for room, is over. */
  readonly recordToken: number;
  readonly roomToken: number;
  readonly traits: readonly number[];
  /** CPU rings; the overflow ring, where there is one, has this number as its index. */
  readonly rings: number;
}

/**
 * Calls on the instance that the control selects. Those without parameters take operands from the control and the instance's staging
 * and leave results there: see staging.ts. After `release` every call leaves the status RELEASED.
 */
export interface InstanceCalls {
  readonly put: () => void;
  readonly putBatch: () => void;
  /** Ends what a put with OnFull.RESERVE began. */
  readonly unreserve: () => void;
  readonly take: () => void;
  /**
   * As put, of SIZE bytes that are staged and COUNT texts behind them (MAX_TEXTS at most); NOT_LATIN1: one is not Latin-1, or too
   * long, and nothing is stored.
   */
  readonly putText: (...texts: string[]) => void;
  /** As take, of an encoded event: with its Latin-1 text, undefined when there is none that it could have. */
  readonly takeText: () => string | undefined;
  /** Writes COUNT texts, each at its byte of TEXT_AT in the region of records to put. NOT_LATIN1: only the first COUNT, as the next is not Latin-1, or too long. */
  readonly stageText: (...texts: string[]) => void;
  /** SIZE characters at byte OFFSET of the region of records taken; undefined when there are not that many, or after release. */
  readonly readText: () => string | undefined;
  readonly takeBatch: () => void;
  readonly size: () => void;

  /** Of the array SIZE bytes, at most. Native code remembers where it lies; putAgain and takeAgain use it there. For how long they may: last-array.ts. */
  readonly putFrom: (source: Uint8Array) => void;
  readonly takeInto: (target: Uint8Array) => void;
  readonly putAgain: () => void;
  readonly takeAgain: () => void;

  readonly putPacked: (source: Uint8Array, lengths: Uint32Array) => void;
  readonly takePacked: (target: Uint8Array, lengths: Uint32Array) => void;

  readonly peek: () => void;
  /** Fills capacity, size, writeIndex, readIndex, puts, gets, rejected, discarded, highWatermark, closed (0 or 1). */
  readonly stats: (ring: number, target: Float64Array) => void;
  /** Counts records as refused that native code has not seen. */
  readonly countRejected: (count: number) => void;
  readonly clear: () => void;
  readonly close: () => void;
  readonly closed: () => boolean;
  readonly drained: () => boolean;
  readonly hasRecord: () => boolean;

  /**
   * False: the dispatcher will be called, once. True: the condition holds already. undefined: the loop refuses. `gathers`: the rings were
   * found empty, and what has come since may wait until the next wake is due.
   */
  readonly startWait: (forRoom: boolean, gathers: boolean) => boolean | undefined;
  readonly stopWait: (forRoom: boolean) => void;
  /** Whether anybody, in any thread, sleeps until there is a record. */
  readonly hasSleepers: () => boolean;
  /** Wakes the next who waits for a record, if there is one: for who was woken and may leave it. */
  readonly passWakeOn: () => void;
  /** Blocks this thread for a bounded time until there may be a record, or room for one of `size` bytes. */
  readonly block: (milliseconds: number, forRoom: boolean, size: number) => void;
  /** From now on records to put, or those taken, lie in this memory: a region of staging.h. The caller holds it. */
  readonly stageIn: (memory: ArrayBuffer) => void;
  readonly stageOut: (memory: ArrayBuffer) => void;
  readonly release: () => void;
}

/** What the tracer chooses by; empty: everything. See KernelFilters, and Tracer::Options in native/kernel/tracer.h. */
export type NativeFilters = readonly [
  pids: Uint32Array,
  uids: Uint32Array,
  /** 16 bytes each, with NULs to the end. */
  comms: Uint32Array,
  /** 64 bytes each, with NULs to the end. */
  containers: Uint32Array,
  /** 260 bytes each: the length in bits, the text, NULs to the end. */
  paths: Uint32Array,
  ports: Uint32Array,
];

/** How records become events: a header, names, literals, then an event and operations for each shape. */
export type NativeMapping = readonly (Uint8Array | Uint32Array)[];

export interface NativeBinding extends InstanceCalls {
  /** Operands and results of calls: see staging.ts. */
  readonly control: ArrayBuffer;

  /** undefined: the memory cannot be had. */
  createBuffer(config: Float64Array): Attached | undefined;
  /** False: the buffer is gone. True: this process never had it. */
  bufferTraits(id: bigint): number[] | boolean;
  /** `level` is where it puts, in a buffer that has levels. undefined: the buffer has gone meanwhile. */
  attachBuffer(id: bigint, wakeIntervalMicros: number, level: number): Attached | undefined;
  /** Puts one record back, behind what waits. False: there is no room, the buffer is closed, or gone. */
  returnRecord(id: bigint, level: number, record: Uint8Array): boolean;
  /** Counts records of a ring as discarded that were taken and will not be delivered. Nothing, if the buffer is gone. */
  countDiscarded(id: bigint, ring: number, count: number): void;
  /** Sets the function that hears of the end of each wait in this thread. */
  onWake(dispatcher: (token: number) => void): void;
  /** Those that wait now, by token. Kept here because every copy of this package's JavaScript in a thread has the same addon, and the last one sets the dispatcher. */
  waiting?: ({ onWake(): void } | undefined)[];

  /**
   * Starts the embedded tracer into a buffer. `settings`: see kernel-source.ts; `mapping`: see mapping.ts. No `syscalls`: all of them.
   * The source's number, or [step, errno, detail] of what the kernel refuses, or undefined: the buffer is gone or closed.
   */
  startTracer(
    buffer: bigint,
    settings: Uint32Array,
    filters: NativeFilters,
    syscalls: Uint32Array | undefined,
    mapping: NativeMapping,
  ): number | [step: number, errno: number, detail: number] | undefined;
  /**
   * Likewise from the ring buffer of another program, by descriptor or pinned path; without a mapping records travel as they are. `follow`:
   * goes on with what is pinned at that path later.
   */
  startRing(
    buffer: bigint,
    settings: Uint32Array,
    origin: number | string,
    mapping: NativeMapping | undefined,
    follow: boolean,
  ): number | [step: number, errno: number, detail: number] | undefined;
  /** Fills captured, delivered, dropped, malformed, tooLarge, wakes, end, followed; returns what each CPU lost. undefined: there is no such source. */
  kernelSourceStats(source: number, target: Float64Array): number[] | undefined;
  /** Stops a source, in a bounded time, and forgets it; unless `end` says that it is still running, it is as of its end what this returns and fills in. */
  stopKernelSource(source: number, target: Float64Array): number[] | undefined;
  /** Attaches a tracer of everything and takes it away again: [step, errno, detail], step 0 when all went well. */
  probeTracing(): [step: number, errno: number, detail: number];

  /**
   * A JSON shape: `nodes` and `keys` as shape.ts writes them, of keys that lie in `text`. The number that `project` selects it by. `words`: where
   * results lie, the same for all shapes of this thread.
   */
  compileShape(nodes: Int32Array, keys: Int32Array, text: string, words: Int32Array): number;
  /** Projects a text onto the shape that the words select; the text where it was repaired, and texts without their escapes behind it: see projections.h. */
  readonly project: (text: string) => string | undefined;

  /**
   * Writes encoded events in the protobuf form, each as field 1 of a message and in at most `most` bytes: `count` of them from byte `at` on,
   * whose sizes begin at `sizes[first]`, from byte `outAt` of `out` on. `ends`: where each that was written ends. `told`: see
   * encoded-events.ts; it stays as it is when a number does not fit its array.
   */
  readonly packWire: (
    events: Uint8Array,
    at: number,
    sizes: Uint32Array,
    first: number,
    count: number,
    out: Uint8Array,
    outAt: number,
    most: number,
    ends: Uint32Array,
    told: Uint32Array,
  ) => void;
  /**
   * Writes encoded events as `encodeEvent` does, each behind its length of 32 bits, little endian, and `header`: `count` of them from byte `at` on,
   * whose sizes begin at `sizes[first]`, from byte `outAt` of `out` on, up to `outEnd`. `told`: see encoded-events.ts; it stays as it is
   * when a number does not fit its array.
   */
  readonly packSelfContained: (
    events: Uint8Array,
    at: number,
    sizes: Uint32Array,
    first: number,
    count: number,
    header: Uint8Array,
    out: Uint8Array,
    outAt: number,
    outEnd: number,
    told: Uint32Array,
  ) => void;

  /** Interns a string of at most 256 UTF-8 bytes for every thread of this process. 0: the table is full or the string too long. */
  internString(text: string): number;
  /** The interned string, or undefined for an id that was never given out. Ids count up from 1. */
  internedString(id: number): string | undefined;

  currentCPU(): number;
  availableCPUs(): number[];
  /** 0, or an errno, or -1 where the platform cannot. */
  pinThread(cpu: number): number;
  unpinThread(): number;
  /** Whether the C library tells the CPU's number from its rseq area. */
  rseqActive(): boolean;

  /**
   * Milliseconds since the host started, sleep included, by the clock of this time namespace: the one that start times in /proc are
   * told by. NaN where the platform has none.
   */
  readonly bootTime: () => number;
  /** Milliseconds of CPU time that this thread has used. NaN where the platform does not tell. */
  readonly threadCpuTime: () => number;
  /** Bytes of a page, and ticks a second, in the kernel's figures. */
  readonly kernelUnits: () => [pageSize: number, ticksPerSecond: number];
  /**
   * Asks the kernel which side opened each of these connections of this network namespace: 40 bytes for each in `ends`, see TcpEnd in
   * native/kernel/socket_diag.h. One byte for each in `openers`: 0 it cannot be told, 1 the local side, 2 the remote one.
   */
  readonly tcpOpeners: (ends: Uint8Array, openers: Uint8Array) => void;
  /** From now on the C library keeps less of what was freed, at the cost of speed, in the whole process. Nothing where it cannot be told to. */
  readonly spareHeap: () => void;
}

/** The file that the addon was loaded from and how it was found, or what tells why there is none. */
export const loadedBinary = loadBinary();

/** Where there is no addon, every call of it throws ERR_UNSUPPORTED: so the package can be imported, and tell. */
export const binding = (
  typeof loadedBinary === 'function' ? absentAddon(refuseBy(loadedBinary)) : loadedBinary.addon
) as NativeBinding;

function refuseBy(tell: () => string): () => never {
  return () => {
    throw new TapioError('ERR_UNSUPPORTED', tell());
  };
}
