/** Bytes whose memory is gone and revoked Proxies, anywhere in an event or a batch. */
import {
  decodeEvent,
  encodeEvent,
  EventBuffer,
  eventToJSON,
  getEntityId,
  getSeverity,
  hasTraceContext,
  PerCPUEventBuffer,
  RingBuffer,
  type UnifiedEvent,
} from '@tapio/performance';
import { rejectionOf } from '../support/errors';
import { eventWith, leafFields, smallestEvent } from './arbitrary-event';
import { EVENT_FIELDS, thrown } from './internals';
import { bytesOutOfBounds, detach, detachedBytes, revokedProxy } from './odd-values';

const target = new Uint8Array(4096);
const buffer = new EventBuffer(64);
const perCPU = new PerCPUEventBuffer();
const blocking = new EventBuffer(64, { onFull: 'block' });

const FORMS: Readonly<Record<string, (event: UnifiedEvent) => unknown>> = {
  put: (event) => buffer.put(event),
  tryPut: (event) => buffer.tryPut(event),
  'put of a buffer that blocks': (event) => blocking.put(event),
  'put of a per-CPU buffer': (event) => perCPU.put(event),
  encodeEvent: (event) => encodeEvent(event, target),
  eventToJSON,
};

function expectRefusal(run: () => unknown, message: string): void {
  expect(thrown(run)).toMatchObject({ name: 'TapioError', code: 'ERR_INVALID_EVENT', message });
}

const GONE = 'rawData must be a Uint8Array whose memory is still there, not an object of class Uint8Array';

describe.each(Object.entries(FORMS))('%s', (_form, take) => {
  test('refuses bytes that were transferred away, or whose buffer has shrunk', () => {
    for (const rawData of [detachedBytes(), bytesOutOfBounds()])
      expectRefusal(() => take({ ...smallestEvent(), rawData }), GONE);
  });

  test('refuses bytes that a getter of the event transfers away', () => {
    const rawData = Uint8Array.of(1, 2, 3);
    const event = { ...smallestEvent(), rawData };
    Object.defineProperty(event, 'entity', { get: () => void detach(rawData) });
    expectRefusal(() => take(event), GONE);
    const later: UnifiedEvent = {
      ...smallestEvent(),
      rawData: Uint8Array.of(1),
      kernel: {
        get pid() {
          if (later.rawData!.length > 0) detach(later.rawData!);
          return 1;
        },
      },
    };
    expectRefusal(() => take(later), GONE);
  });

  test('refuses a revoked Proxy by its path, wherever it is', () => {
    expectRefusal(() => take(revokedProxy(smallestEvent())), 'event must be an object, not a revoked Proxy');
    for (const field of [...leafFields(), ...EVENT_FIELDS.filter(({ kind }) => kind === 'section')]) {
      const message = `${field.path} must be ${field.expected}, not a revoked Proxy`;
      expectRefusal(() => take(eventWith(field, revokedProxy({}))), message);
      expectRefusal(() => take(eventWith(field, revokedProxy([]))), message);
    }
    expectRefusal(
      () => take({ ...smallestEvent(), attributes: { a: [1, revokedProxy({})] } }),
      'attributes.a[1] must be a plain object, an array or a simple value, not a revoked Proxy',
    );
  });

  test('refuses a Proxy that is revoked while it is read', () => {
    for (const name of ['kernel', 'network', 'attributes', 'tags'] as const) {
      const revocable = Proxy.revocable<object>(name === 'tags' ? ['a', 'b'] : { a: 'b' }, {
        get(object, key) {
          revocable.revoke();
          return Reflect.get(object, key) as unknown;
        },
        ownKeys(object) {
          revocable.revoke();
          return Reflect.ownKeys(object);
        },
      });
      expectRefusal(
        () => take({ ...smallestEvent(), [name]: revocable.proxy }),
        `${name} must be an object that can be read, not a revoked Proxy`,
      );
    }
  });

  test('refuses the heirs of a revoked Proxy', () => {
    expectRefusal(
      () => take(Object.create(revokedProxy(smallestEvent())) as UnifiedEvent),
      'event must be an object that can be read, not an object',
    );
    expectRefusal(
      () => take({ ...smallestEvent(), kernel: Object.create(revokedProxy({})) as object }),
      'kernel must be an object that can be read, not an object',
    );
  });

  test('throws what a getter throws as it is', () => {
    const mine = new TypeError('mine');
    const event = { ...smallestEvent(), attributes: { deep: deep(5000) } };
    Object.defineProperty(event, 'id', {
      get() {
        throw mine;
      },
    });
    expect(thrown(() => take(event))).toBe(mine);
  });

  test('leaves nothing behind', () => {
    for (const each of [buffer, perCPU, blocking]) expect(each.drainTo([{} as UnifiedEvent])).toBe(0);
  });
});

function deep(depth: number): object {
  let value = {};
  for (let i = 0; i < depth; i++) value = { value };
  return value;
}

test.each([
  ['EventBuffer', () => new EventBuffer(256)],
  ['PerCPUEventBuffer', () => new PerCPUEventBuffer()],
] as const)('a batch of %s tells how many events are stored', (_class, make) => {
  for (const bad of [
    { ...smallestEvent(), rawData: detachedBytes() },
    { ...smallestEvent(), attributes: { a: revokedProxy({}) } },
    revokedProxy(smallestEvent()),
  ]) {
    const events = make();
    const good = new Array<UnifiedEvent>(70).fill(smallestEvent());
    expect(thrown(() => events.putBatch([...good, bad, ...good]))).toMatchObject({
      name: 'TapioError',
      code: 'ERR_INVALID_EVENT',
      stored: 70,
    });
    expect(events.drainTo(new Array<UnifiedEvent>(200))).toBe(70);
  }
});

test('a batch that is revoked while it is put tells how much of it is stored', () => {
  const revokedAt = <T extends object>(items: T[], index: number): T[] => {
    const { proxy, revoke } = Proxy.revocable(items, {
      get(array, key) {
        if (key === String(index)) revoke();
        return Reflect.get(array, key) as unknown;
      },
    });
    return proxy;
  };
  const events = new EventBuffer(256);
  expect(thrown(() => events.putBatch(revokedAt(new Array(100).fill(smallestEvent()), 63)))).toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
    message: 'events must be an array, not a revoked Proxy',
    stored: 64,
  });
  expect(events.size).toBe(64);
  const ring = new RingBuffer(256, { slotSize: 8 });
  expect(thrown(() => ring.putBatch(revokedAt(new Array(100).fill(Uint8Array.of(1)), 63)))).toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
    message: 'items must be an array, not a revoked Proxy',
    stored: 64,
  });
  expect(ring.size).toBe(64);
});

test('decodeEvent and encodeEvent refuse bytes whose memory is gone', () => {
  const message = (name: string): string =>
    `${name} must be an array whose memory has not been transferred away or shrunk, not an object of class Uint8Array`;
  for (const bytes of [detachedBytes(), bytesOutOfBounds()]) {
    for (const [name, run] of [
      ['bytes', () => decodeEvent(bytes)],
      ['target', () => encodeEvent(smallestEvent(), bytes)],
    ] as const)
      expect(thrown(run)).toMatchObject({ code: 'ERR_INVALID_ARGUMENT', message: message(name) });
  }
  const room = new Uint8Array(4096);
  const event = Object.defineProperty(smallestEvent(), 'message', { get: () => void detach(room) });
  expect(thrown(() => encodeEvent(event, room))).toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
    message: message('target'),
  });
});

test('bytes of a class of the user are read without running its code', () => {
  class Bytes extends Uint8Array {
    static get [Symbol.species](): Uint8ArrayConstructor {
      throw new Error('code of the user');
    }
  }
  expect(eventToJSON({ ...smallestEvent(), rawData: Bytes.of(1, 2) })).toContain('"raw_data":"AQI="');
});

test('the questions about events name a revoked Proxy', () => {
  expectRefusal(
    () => getSeverity({ ...smallestEvent(), impact: revokedProxy({}) as never }),
    'impact must be an object that can be read, not a revoked Proxy',
  );
  expectRefusal(
    () => getEntityId({ ...smallestEvent(), entity: revokedProxy({}) as never }),
    'entity must be an object that can be read, not a revoked Proxy',
  );
  expectRefusal(
    () => hasTraceContext({ ...smallestEvent(), traceContext: revokedProxy({}) as never }),
    'traceContext must be an object that can be read, not a revoked Proxy',
  );
});

test('revoked options and signals are refused as such', async () => {
  const revoked = revokedProxy({}) as AbortSignal;
  for (const [options, message] of [
    [revoked as object, 'options must be an object, not a revoked Proxy'],
    [{ signal: revoked }, 'signal must be an AbortSignal, not a revoked Proxy'],
  ] as const) {
    expect(await rejectionOf(buffer.getAsync(options))).toMatchObject({
      name: 'TapioError',
      code: 'ERR_INVALID_ARGUMENT',
      message,
    });
  }
});
