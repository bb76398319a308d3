/** What is taken for an object with fields or entries: in a put, in a batch, in bytes and in JSON. */
import { runInNewContext } from 'node:vm';
import {
  createEvent,
  decodeEvent,
  encodeEvent,
  EventBuffer,
  eventFromJSON,
  eventToJSON,
  UnifiedEventPool,
  type UnifiedEvent,
} from '@tapio/performance';
import { eventWith, leafFields, smallestEvent, someValue } from './arbitrary-event';
import { EVENT_FIELDS, thrown } from './internals';
import { UNPLAIN } from './odd-values';

const target = new Uint8Array(4096);
const buffer = new EventBuffer(8);

const FORMS: Readonly<Record<string, (event: UnifiedEvent) => unknown>> = {
  put: (event) => buffer.put(event),
  tryPut: (event) => buffer.tryPut(event),
  putBatch: (event) => buffer.putBatch([event]),
  encodeEvent: (event) => encodeEvent(event, target),
  eventToJSON,
};

const maps = leafFields().filter(({ kind }) => kind === 'stringMap');
/** Those that may be empty. */
const sections = EVENT_FIELDS.filter(({ fields }) => fields?.every(({ optional }) => optional));

describe.each(Object.entries(FORMS))('%s', (_form, take) => {
  test.each(Object.entries(UNPLAIN))('refuses %s where a map or a section is expected', (_what, make) => {
    for (const field of [...maps, ...sections]) {
      expect(thrown(() => take(eventWith(field, make())))).toMatchObject({
        name: 'TapioError',
        code: 'ERR_INVALID_EVENT',
        message: expect.stringMatching(new RegExp(`^${field.path} must be `)),
      });
    }
    expect(buffer.size).toBe(0);
  });
});

/** What comes out of each form. */
function results(event: UnifiedEvent): UnifiedEvent[] {
  buffer.putBatch([event]);
  buffer.put(event);
  return [
    ...buffer.getBatch(2),
    decodeEvent(target.subarray(0, encodeEvent(event, target))),
    eventFromJSON(eventToJSON(event)),
  ];
}

function expectTaken(event: UnifiedEvent, as: UnifiedEvent): void {
  expect(results(event)).toEqual([as, as, as, as]);
}

class Kernel {
  pid = 7;
  get comm(): string {
    return 'cat';
  }
}
class Event implements UnifiedEvent {
  id = 'i';
  type = 't';
  source = 's';
  kernel = new Kernel();
  entity = { type: 'pod', name: 'web', labels: new Labels() };
  get timestamp(): bigint {
    return 5n;
  }
}
class Labels {
  [key: string]: string;
  constructor() {
    this.app = 'shop';
  }
}
const plain: UnifiedEvent = {
  id: 'i',
  type: 't',
  source: 's',
  timestamp: 5n,
  kernel: { pid: 7, comm: 'cat' },
  entity: { type: 'pod', name: 'web', labels: { app: 'shop' } },
};

test('an object of a class gives the fields and entries that it shows', () => {
  expectTaken(new Event(), plain);
  expect(createEvent(new Event())).toEqual({ ...plain, kernel: new Kernel(), entity: new Event().entity });
});

test('a section of a class whose fields are all absent is an empty section', () => {
  class Absent {
    pid: number | undefined = undefined;
    get comm(): undefined {
      return undefined;
    }
  }
  expectTaken({ ...smallestEvent(), kernel: new Absent() }, { ...smallestEvent(), kernel: {} });
});

test('objects of another realm and without prototype are plain, empty or not', () => {
  for (const text of ['{}', '{ "a": "b" }']) {
    const foreign = runInNewContext(`(${text})`) as Record<string, string>;
    const bare = Object.assign(Object.create(null) as Record<string, string>, JSON.parse(text));
    for (const map of [foreign, bare]) {
      const event = { ...smallestEvent(), kernel: { args: map }, network: map, attributes: { map } };
      const same = JSON.parse(text) as Record<string, string>;
      expectTaken(event, {
        ...smallestEvent(),
        kernel: { args: same },
        network: {},
        attributes: { map: same },
      });
    }
  }
});

test('events of a pool and views are taken, with empty sections too', () => {
  const pool = new UnifiedEventPool();
  const pooled = Object.assign(pool.get(), plain, { network: {} });
  expectTaken(pooled, { ...plain, network: {} });
  const other = new EventBuffer(8);
  other.put(pooled);
  other.consume((view) => {
    expectTaken(view, { ...plain, network: {} });
    expect(createEvent(view)).toMatchObject({ id: 'i', timestamp: 5n });
  });
});

// A RegExp has a field of an event: its source.
test.each(Object.entries(UNPLAIN).filter(([what]) => what !== 'a RegExp'))(
  'createEvent refuses %s',
  (_what, make) => {
    expect(thrown(() => createEvent(make()))).toMatchObject({
      name: 'TapioError',
      message: expect.stringMatching(/^(fields|event) must be /),
    });
  },
);

test('a refusal names the class of what it refuses', () => {
  const refusal = (labels: unknown): string =>
    thrown(() =>
      eventToJSON({ ...smallestEvent(), entity: { type: 't', name: 'n', labels: labels as never } }),
    ).message;
  const expected = 'entity.labels must be a plain object of strings, or one with entries of its own, not ';
  expect(refusal(new Map())).toBe(`${expected}an object of class Map`);
  expect(refusal(new (class Secret {})())).toBe(`${expected}an object of class Secret`);
  expect(refusal(Object.create({}))).toBe(`${expected}an object`);
});

test('no field is forgotten: a section with any one of its fields is taken whatever its class', () => {
  for (const section of sections) {
    for (const field of section.fields!) {
      const instance = new (class Section {})() as Record<string, unknown>;
      instance[field.name] = someValue(field);
      expectTaken(eventWith(section, instance), eventWith(section, { ...instance }));
    }
  }
});
