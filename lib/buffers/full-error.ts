import { binding } from '../binding';
import { TapioError } from '../errors';
import type { Attachment } from './attachment';

/** ERR_BUFFER_FULL of the whole buffer, or of those of its rings where a put looks for room. */
export function fullError(attachment: Attachment): TapioError {
  const { kind, rings, traits } = attachment;
  const what = `this ${kind}`;
  if (attachment.totalRings === rings) return refusal(what, attachment, [{ ring: 0 }]);
  const found = [
    { ring: binding.currentCPU() % rings, name: "this CPU's ring:" },
    { ring: rings, name: 'overflow ring:' },
  ];
  return refusal(what, attachment, found, traits.slotSize);
}

/** Likewise of one level. */
export function levelFullError(name: string, attachment: Attachment, level: number): TapioError {
  return refusal(`the level ${name} of this ${attachment.kind}`, attachment, [{ ring: level }]);
}

/**
 * With how full it is: other threads may have taken meanwhile, and an event of several slots finds no room before all of them are in use.
 * @param what is full
 * @param rings those that the put found full, with what each is called; only one needs no name
 * @param slotBytes what a slot counts for, where sizes are told in bytes
 */
function refusal(
  what: string,
  attachment: Attachment,
  rings: readonly { ring: number; name?: string }[],
  slotBytes?: number,
): TapioError {
  const unit = slotBytes === undefined ? 'slots' : 'bytes';
  const each = rings.map(({ ring, name }) => {
    const { capacity, size } = attachment.stats(ring);
    const by = slotBytes ?? 1;
    return `${name === undefined ? '' : `${name} `}capacity ${capacity * by} ${unit}, ${size * by} in use`;
  });
  const waiting = attachment.waits.someForRoom ? '; earlier events of this instance wait for room' : '';
  return new TapioError('ERR_BUFFER_FULL', `${what} is full: ${each.join('; ')}${waiting}`);
}
