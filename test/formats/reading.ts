/** Reads lines by a reader of their format, and checks of every event that it can be stored and comes back the same. */
import fs from 'node:fs';
import path from 'node:path';
import { decodeEvent, encodeEvent, eventToJSON, type UnifiedEvent } from '@tapio/performance';
import { createFormatReader, type FormatName } from '@tapio/performance/formats';

/** Of build/test/formats, where this runs. */
const fixtures = path.resolve(__dirname, '..', '..', '..', 'test', 'fixtures', 'formats');

/** The lines of a file of samples. */
export function samples(file: string): string[] {
  return fs.readFileSync(path.join(fixtures, file), 'utf8').replace(/\n$/, '').split('\n');
}

export interface Reading {
  events: UnifiedEvent[];
  /** The line's number and the reason. */
  skips: [line: number, reason: string][];
  formats: [line: number, format: FormatName, reason: string][];
  stats: { lines: number; events: number; skipped: number };
}

export function read(format: FormatName | 'auto', lines: readonly string[]): Reading {
  const skips: Reading['skips'] = [];
  const formats: Reading['formats'] = [];
  const reader = createFormatReader(format, {
    onSkip: (...skip) => skips.push(skip),
    onFormat: (...found) => formats.push(found),
  });
  const events = [...lines.flatMap((line) => reader.push(line)), ...reader.end()];
  for (const event of events) checkStorable(event);
  checkForBuffer(format, lines, events);
  const stats = reader.getStats();
  expect(stats).toEqual({ lines: lines.length, events: events.length, skipped: skips.length });
  return { events, skips, formats, stats };
}

/** The one event of one line, read as the format and found by auto to be of it. */
export function readOne(format: FormatName, line: string): UnifiedEvent {
  const { events, skips } = read(format, [line]);
  expect(skips).toEqual([]);
  expect(events).toHaveLength(1);
  const found = read('auto', [line]);
  expect(found.formats.map(([, name]) => name)).toEqual([format]);
  expect({ ...found.events[0], id: '', timestamp: 0n }).toEqual({ ...events[0], id: '', timestamp: 0n });
  return events[0];
}

/** Events that are for a buffer come out of it as those that are for everybody, also where the line before was of the same format. */
export function checkForBuffer(
  format: FormatName | 'auto',
  lines: readonly string[],
  events: readonly UnifiedEvent[],
): void {
  const reader = createFormatReader(format, { forBuffer: true });
  const readAll = (): UnifiedEvent[] => [...lines.flatMap((line) => reader.push(line)), ...reader.end()];
  const stored = [...readAll(), ...readAll()].map((event) => decodeEvent(encoded(event)));
  const comparable = (event: UnifiedEvent): UnifiedEvent => {
    const timeless = event.timestamp > BigInt(Date.now() - 600_000) * 1_000_000n;
    const random = /^[0-9a-f]{32}$/.test(event.id);
    return { ...event, id: random ? '' : event.id, timestamp: timeless ? 0n : event.timestamp };
  };
  expect(stored.map(comparable)).toEqual([...events, ...events].map(comparable));
}

function encoded(event: UnifiedEvent): Uint8Array {
  return memory.slice(0, encodeEvent(event, memory));
}

const memory = new Uint8Array(1 << 21);

export function checkStorable(event: UnifiedEvent): void {
  expect(decodeEvent(encoded(event))).toEqual(event);
  expect(() => eventToJSON(event)).not.toThrow();
}

/** The clock's time around a call, for events that have none of their own. */
export function expectNow(timestamp: bigint): void {
  expect(Math.abs(Number(timestamp / 1_000_000n) - Date.now())).toBeLessThan(60_000);
}

/** The same JSON with keys in another order and spaces between. */
export function rewritten(line: string): string {
  const reverse = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(reverse);
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, item]) => [key, reverse(item)]),
    );
  };
  // Long integers survive as text that is unquoted again.
  const quoted = line.replace(/([:,[])(-?\d{16,})(?=[,}\]])/g, '$1"\u0000$2"');
  return JSON.stringify(reverse(JSON.parse(quoted.replaceAll('\u0000', '\\u0000'))), null, 1)
    .replace(/"\\u0000(-?\d+)"/g, '$1')
    .replace(/\n */g, ' ');
}

/** The attributes that an event for a buffer has there are those of the same event for everybody. */
export function checkSameAttributes(event: UnifiedEvent, expected: UnifiedEvent): void {
  expect(decodeEvent(encoded(event)).attributes).toEqual(expected.attributes);
}
