/** A new event that is completed, in the ways a user would, and put. Each counts one. */
import { EventBuffer, type UnifiedEvent } from '@tapio/performance';
import type { OneThreadContender } from '../measure/row';
import { kernelEvents } from '../sample-events';

const CAPACITY = 64;

type Found = Required<Pick<UnifiedEvent, 'entity' | 'tags'>>;

function contender(
  name: string,
  enrich: (event: UnifiedEvent, found: Found) => UnifiedEvent,
): OneThreadContender {
  return {
    name,
    ours: true,
    make() {
      const buffer = new EventBuffer(CAPACITY);
      const samples = kernelEvents(CAPACITY);
      const entity = { type: 'pod', name: 'cart' };
      return {
        run(count) {
          let stored = 0;
          for (let i = 0; i < count; i++) {
            const { id, timestamp, type, source, severity, kernel } = samples[i % CAPACITY];
            const event = { id, timestamp, type, source, severity, kernel };
            if (buffer.tryPut(enrich(event, { entity, tags: ['production'] }))) stored++;
            if (i % CAPACITY === CAPACITY - 1) buffer.clear();
          }
          buffer.clear();
          return stored;
        },
      };
    },
  };
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
