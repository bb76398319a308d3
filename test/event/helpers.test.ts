import {
  createEvent,
  generateEventId,
  getEntityId,
  getSeverity,
  hasTraceContext,
  isApplicationEvent,
  isKernelEvent,
  isKubernetesEvent,
  isMetricEvent,
  isNetworkEvent,
  type UnifiedEvent,
} from '@tapio/performance';
import { smallestEvent } from './arbitrary-event';
import { thrown } from './internals';
import { revokedProxy } from './odd-values';

const withFields = (fields: Partial<UnifiedEvent>): UnifiedEvent => ({ ...smallestEvent(), ...fields });
const impact = {
  severity: 'severe',
  infrastructureImpact: 0,
  affectedServices: [],
  sloImpact: false,
  systemCritical: false,
  cascadeRisk: false,
};

test('ids are 32 hex digits and do not repeat', () => {
  const ids = Array.from({ length: 20_000 }, generateEventId);
  expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
});

test('ids are random in every digit', () => {
  const ids = Array.from({ length: 4096 }, generateEventId);
  for (let place = 0; place < 32; place++) expect(new Set(ids.map((id) => id[place])).size).toBe(16);
});

test('createEvent fills in what is missing', () => {
  const before = BigInt(Date.now()) * 1_000_000n;
  const event = createEvent({ type: 'kernel', kernel: { pid: 1 } });
  expect(event.id).toMatch(/^[0-9a-f]{32}$/);
  expect(event.timestamp).toBeGreaterThanOrEqual(before);
  expect(event.timestamp).toBeLessThanOrEqual(BigInt(Date.now()) * 1_000_000n);
  expect(event).toMatchObject({ type: 'kernel', source: '', kernel: { pid: 1 } });
  expect(createEvent({ id: 'mine', timestamp: 5n })).toEqual({
    id: 'mine',
    timestamp: 5n,
    type: '',
    source: '',
  });
  expect(createEvent({ id: undefined, type: undefined })).toMatchObject({
    id: expect.stringMatching(/^.{32}$/),
    type: '',
  });
});

test('getSeverity asks the event, its impact, its application and Kubernetes', () => {
  const warning = { eventType: 'Warning' };
  expect(getSeverity(withFields({ severity: 'low', impact, application: { level: 'fatal' } }))).toBe('low');
  expect(getSeverity(withFields({ impact, application: { level: 'fatal' } }))).toBe('severe');
  expect(getSeverity(withFields({ application: { level: 'fatal' }, kubernetes: warning }))).toBe('fatal');
  expect(getSeverity(withFields({ kubernetes: warning }))).toBe('warning');
  expect(getSeverity(withFields({ kubernetes: { eventType: 'Normal' } }))).toBe('info');
  expect(getSeverity(smallestEvent())).toBe('info');
});

test('getEntityId prefers the uid', () => {
  const entity = { type: 'pod', name: 'web' };
  expect(getEntityId(withFields({ entity: { ...entity, namespace: 'shop', uid: 'u' } }))).toBe('u');
  expect(getEntityId(withFields({ entity: { ...entity, namespace: 'shop' } }))).toBe('shop/web');
  expect(getEntityId(withFields({ entity }))).toBe('web');
  expect(getEntityId(smallestEvent())).toBe('');
});

test('the sections an event has', () => {
  expect(hasTraceContext(withFields({ traceContext: { traceId: 't', spanId: 's', sampled: true } }))).toBe(
    true,
  );
  expect(hasTraceContext(smallestEvent())).toBe(false);
  const questions = {
    kernel: isKernelEvent,
    network: isNetworkEvent,
    application: isApplicationEvent,
    kubernetes: isKubernetesEvent,
    metrics: isMetricEvent,
  };
  for (const [name, question] of Object.entries(questions)) {
    expect(question({ ...smallestEvent(), [name]: { value: 1 } })).toBe(true);
    expect(question(smallestEvent())).toBe(false);
  }
});

const NO_OBJECTS: readonly (readonly [unknown, string])[] = [
  [undefined, 'undefined'],
  [null, 'null'],
  [5, '5'],
  ['event', '"event"'],
  [true, 'true'],
  [() => 1, 'a function'],
  [[], 'an array of 0'],
  [revokedProxy({}), 'a revoked Proxy'],
];

test.each([
  ['getSeverity', getSeverity],
  ['getEntityId', getEntityId],
  ['hasTraceContext', hasTraceContext],
  ['isKernelEvent', isKernelEvent],
  ['isNetworkEvent', isNetworkEvent],
  ['isApplicationEvent', isApplicationEvent],
  ['isKubernetesEvent', isKubernetesEvent],
  ['isMetricEvent', isMetricEvent],
] as const)('%s refuses what is no event', (_name, ask) => {
  for (const [value, shown] of NO_OBJECTS) {
    expect(thrown(() => ask(value as UnifiedEvent))).toMatchObject({
      name: 'TapioError',
      code: 'ERR_INVALID_EVENT',
      message: `event must be an object, not ${shown}`,
    });
  }
});

test('createEvent refuses what has no fields', () => {
  for (const [value, shown] of NO_OBJECTS) {
    expect(thrown(() => createEvent(value as UnifiedEvent))).toMatchObject({
      name: 'TapioError',
      code: 'ERR_INVALID_ARGUMENT',
      message: `fields must be an object, not ${shown}`,
    });
  }
});

test('what inherits from a revoked Proxy cannot be read, and is refused as that', () => {
  const heir = Object.create(revokedProxy({})) as UnifiedEvent;
  for (const ask of [getSeverity, getEntityId, hasTraceContext, isKernelEvent, isMetricEvent, createEvent]) {
    expect(thrown(() => ask(heir))).toMatchObject({
      name: 'TapioError',
      code: 'ERR_INVALID_EVENT',
      message: 'event must be an object that can be read, not an object',
    });
  }
});
