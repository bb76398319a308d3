/** The exports of a run together: each event goes to all of them. */
import type { EventView, UnifiedEvent } from '../../index';
import type { AskedExport, Export, ExportContext, ExportCounts, ServedCounts } from './export';

export class Exports {
  /** Events that could not be read and so went to none, by who would have had them. */
  private readonly unreadable = new Map<Export, number>();
  /** Why, of the first. */
  private problem: string | undefined;
  private closed: Promise<unknown> | undefined;
  private readonly all: readonly { readonly name: string; readonly export: Export }[];
  private readonly takers: readonly Export[];

  private constructor(all: Exports['all']) {
    this.all = all;
    this.takers = all.map((each) => each.export).filter((each) => 'take' in each);
  }

  /** Rejects with the first that cannot work; the others are closed again. */
  static async open(asked: readonly AskedExport[], context: ExportContext): Promise<Exports> {
    const all: { name: string; export: Export }[] = [];
    try {
      for (const each of asked) {
        const { name } = each;
        const warn = (text: string): void => context.warn(`${name}: ${text}`);
        const fail = (text: string): void => context.fail(`${name}: ${text}`);
        all.push({ name, export: await each.open({ ...context, warn, fail }).catch(named(name)) });
      }
    } catch (error) {
      await new Exports(all).close(0);
      throw error;
    }
    return new Exports(all);
  }

  /** Takes the event the view is on. */
  take(view: EventView): void {
    if (this.takers.length === 0) return;
    let event: UnifiedEvent | undefined;
    for (const taker of this.takers)
      if (taker.isTaking?.() ?? true) {
        event ??= this.read(view);
        if (event === undefined) this.unreadable.set(taker, this.unreadableOf(taker) + 1);
        else taker.take?.(event);
      }
  }

  /** Undefined if it cannot be read. */
  private read(view: EventView): UnifiedEvent | undefined {
    try {
      return view.toEvent();
    } catch (error) {
      this.problem ??= (error as Error).message;
      return undefined;
    }
  }

  private unreadableOf(taker: Export): number {
    return this.unreadable.get(taker) ?? 0;
  }

  /** By name, of those that take events. */
  counts(): Record<string, ExportCounts> {
    return this.byName((each) => {
      const counts = each.counts();
      return counts && this.withUnreadable(counts, each);
    });
  }

  /** By name, of those that serve who is there. */
  served(): Record<string, ServedCounts> {
    return this.byName((each) => {
      const counts = each.served?.();
      return counts && { ...counts, discarded: counts.discarded + this.unreadableOf(each) };
    });
  }

  /** Without those that have none. */
  private byName<C>(countsOf: (each: Export) => C | undefined): Record<string, C> {
    return Object.fromEntries(
      this.all.flatMap((each) => {
        const counts = countsOf(each.export);
        return counts === undefined ? [] : [[each.name, counts]];
      }),
    );
  }

  private withUnreadable(counts: ExportCounts, taker: Export): ExportCounts {
    const unreadable = this.unreadableOf(taker);
    if (unreadable === 0) return counts;
    const { taken, dropped, note } = counts;
    return {
      ...counts,
      taken: taken + unreadable,
      dropped: dropped + unreadable,
      note: note ?? this.problem,
    };
  }

  /** Resolves when all is counted as delivered or dropped; what is not delivered after `limitMs` is dropped. Idempotent. */
  async close(limitMs: number): Promise<void> {
    const hurry = AbortSignal.timeout(limitMs);
    await (this.closed ??= Promise.all(this.all.map((each) => each.export.close(hurry))));
  }
}

function named(name: string): (error: Error) => never {
  return ({ message }) => {
    throw new Error(`${name}: ${message}`);
  };
}
