/** A new event that is completed, in the ways a user would, and put. Each counts one. */
import { EventBuffer, type UnifiedEvent } from '@tapio/performance';
import type { OneThreadContender } from '../measure/row';
import { kernelEvents } from '../sample-events';
import { oneByOne } from './one-by-one';

const CAPACITY = 64;

type Found = Required<Pick<UnifiedEvent, 'entity' | 'tags'>>;

function contender(
  name: string,
  enrich: (event: UnifiedEvent, found: Found) => UnifiedEvent,
): OneThreadContender {
  return oneByOne(name, () => {
    const buffer = new EventBuffer(CAPACITY);
    const samples = kernelEvents(CAPACITY);
    const entity = { type: 'pod', name: 'cart' };
    return (i) => {
      if (i % CAPACITY === 0) buffer.clear();
      const { id, timestamp, type, source, severity, kernel } = samples[i % CAPACITY];
      const event = { id, timestamp, type, source, severity, kernel };
      return Number(buffer.tryPut(enrich(event, { entity, tags: ['production'] })));
    };
  });
}

export const enriched: OneThreadContender[] = [
  contender('assigned to the event', (event, { entity, tags }) => {
    event.entity = entity;
    event.tags = tags;
    return event;
  }),
  contender('Object.assign to a new one', (event, { entity, tags }) =>
    Object.assign({}, event, { entity, tags }),
  ),
  contender('{ ...event, entity, tags }', (event, { entity, tags }) => ({ ...event, entity, tags })),
];
