import type { Attachment } from './attachment';
import { EventInternals } from './event-internals';
import { payloadOf } from './event-storage';
import { EventWriter, type Race } from './event-writer';
import type { WaitOptions } from './wait-queue';
import type { UnifiedEvent } from '../event/unified-event';
import type { UnifiedEventPool } from '../pools/unified-event-pool';
import { levelOf, PRIORITIES, type PriorityRoute } from './priority';

/** What puts into one level. */
interface Level {
  readonly attachment: Attachment;
  readonly writer: EventWriter;
}

/** Those of a PriorityBuffer: it puts into each level by an attachment of its own, so that those who wait for room in one hold up no other. */
export class PriorityInternals extends EventInternals {
  /** Of those that were put into; the first has the instance's own attachment. */
  readonly #levels: (Level | undefined)[];

  constructor(
    attachment: Attachment,
    pool: UnifiedEventPool | undefined,
    private readonly route: PriorityRoute,
  ) {
    super(attachment, pool, writerOf(attachment, 0));
    this.#levels = PRIORITIES.map(() => undefined);
    this.#levels[0] = { attachment, writer: this.writer };
  }

  /** @throws what route throws; TapioError ERR_INVALID_ARGUMENT for a level that does not exist */
  routed(event: UnifiedEvent): number {
    return levelOf(this.route(event));
  }

  level(number: number): Level {
    return this.#levels[number] ?? this.#open(number);
  }

  override offer(event: UnifiedEvent): boolean {
    return this.level(this.routed(event)).writer.offer(event);
  }

  override async putInRace(event: UnifiedEvent, options: WaitOptions, race: Race): Promise<void> {
    await this.level(this.routed(event)).writer.putAsync(event, options, race);
  }

  override dispose(): void {
    super.dispose();
    if (!this.attachment.maker) for (const level of this.#levels.slice(1)) level?.attachment.release();
  }

  /** What has no level any more is least urgent. */
  protected override levelOf(event: UnifiedEvent): number {
    try {
      return this.routed(event);
    } catch {
      return PRIORITIES.length - 1;
    }
  }

  #open(number: number): Level {
    this.attachment.checkHeld();
    const attachment = this.attachment.again(number);
    return (this.#levels[number] = { attachment, writer: writerOf(attachment, number) });
  }
}

/** An event must fit its own level. */
function writerOf(attachment: Attachment, level: number): EventWriter {
  const { maxRecord, slotSize } = attachment.traits;
  const { capacity } = attachment.stats(level);
  return new EventWriter(attachment, Math.min(maxRecord, capacity * payloadOf(slotSize)));
}
