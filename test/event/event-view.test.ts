/** Copies of a view show nothing of the memory it stands on. */
import { EventBuffer, type EventView } from '@tapio/performance';

const EVENT = {
  id: 'a',
  timestamp: 1n,
  type: 't',
  source: 's',
  kernel: { syscall: 'read', pid: 3 },
  tags: ['x'],
};

function withView(look: (view: EventView) => void): void {
  const buffer = new EventBuffer(4);
  buffer.put(EVENT);
  expect(buffer.consume(look)).toBe(1);
}

test('a view and its sections have no properties that a copy would take along', () => {
  withView((view) => {
    for (const shown of [view, view.kernel!]) {
      expect(Reflect.ownKeys({ ...shown })).toEqual([]);
      expect(Object.keys(shown)).toEqual([]);
      const clone: object = structuredClone(shown);
      expect(Reflect.ownKeys(clone)).toEqual([]);
    }
  });
});

test('toEvent gives what can be kept and sent', () => {
  withView((view) => expect(structuredClone(view.toEvent())).toEqual(EVENT));
});
