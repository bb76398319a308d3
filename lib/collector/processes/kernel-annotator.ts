/** Completes the kernel's events: with what is known of the process, and with a message for people. */
import type { EventView, UnifiedEvent } from '../../index';
import { kernelMessage, TOLD_TYPES } from './kernel-message';
import type { ProcessTable } from './process-table';

/** Asking what was missed reads counters of other threads. */
const EVENTS_BETWEEN_LOOKS = 256;

/** One thread's. */
export class KernelAnnotator {
  private untilLook = 0;
  private isComplete = false;

  /**
   * @param table undefined where others may call their events the kernel's: it would believe them
   * @param seesAll whether every fork, exec and exit since the table was filled has come by here
   */
  constructor(
    private readonly table: ProcessTable | undefined,
    private readonly seesAll: () => boolean,
  ) {}

  /** The event as it is to be told; the view itself where nothing is added. Never throws. */
  tell(view: EventView): EventView {
    if (view.source !== 'ebpf' || !TOLD_TYPES.has(view.type)) return view;
    try {
      return this.told(view.toEvent());
    } catch {
      return view;
    }
  }

  private told(event: UnifiedEvent): EventView {
    if (this.table) {
      this.complete(event, this.table);
      this.table.learn(event);
    }
    event.message ??= kernelMessage(event);
    // A property behind a spread would give each of them a hidden class of its own in Node 20.
    return { toEvent: () => event, ...event };
  }

  private complete(event: UnifiedEvent, table: ProcessTable): void {
    if (this.untilLook-- === 0) {
      this.untilLook = EVENTS_BETWEEN_LOOKS;
      this.isComplete = this.seesAll();
    }
    const { type, kernel, timestamp } = event;
    // These two tell it themselves.
    if (type === 'process.exec' || type === 'process.fork' || kernel?.pid === undefined) return;
    const known = table.find(kernel.pid, timestamp, this.isComplete || type === 'process.exit');
    if (known === undefined) return;
    const args = (kernel.args ??= {});
    if (type === 'process.exit' && !table.isEndOf(known, args, timestamp)) return;
    // Of opened files there are many, and arguments are long.
    if (type !== 'file.open' && known.argv !== undefined && args.argv === undefined) {
      args.argv = known.argv;
      if (known.argvTruncated) args.argvTruncated = 'true';
    }
    const parent = known.ppid === undefined ? undefined : table.find(known.ppid, timestamp, this.isComplete);
    // Of a parent that is gone, another process has taken the place.
    if (parent === undefined || args.ppid !== undefined) return;
    args.ppid = String(parent.pid);
    if (parent.comm !== undefined) args.parentComm ??= parent.comm;
  }
}
