/** Memory of messages that is used again. */
import path from 'node:path';

// eslint-disable-next-line @typescript-eslint/no-require-imports -- a path outside build/
const { MessageMemory } = require(
  path.resolve('dist/event/message-memory'),
) as typeof import('../../dist/event/message-memory');

const PIECE = 256 * 1024;

test('a message of many bytes is the memory itself, which is used again once it is given back', () => {
  const memory = new MessageMemory();
  const piece = memory.piece().fill(7);
  const { message, next } = memory.cut(piece, 4, 100_000);
  expect(message.buffer).toBe(piece.buffer);
  expect([message.byteOffset, message.length]).toEqual([4, 99_996]);
  expect(next.buffer).not.toBe(piece.buffer);
  expect(memory.piece().buffer).not.toBe(piece.buffer);
  memory.reuse(message);
  const again = memory.piece();
  expect(again.buffer).toBe(piece.buffer);
  expect(again.length).toBe(PIECE);
});

test('a message of few bytes is a copy, and the memory stays', () => {
  const memory = new MessageMemory();
  const piece = memory.piece().fill(7);
  const { message, next } = memory.cut(piece, 0, 1000);
  expect(next).toBe(piece);
  expect(message.buffer.byteLength).toBe(1000);
  piece.fill(0);
  expect(message.every((byte) => byte === 7)).toBe(true);
  memory.reuse(message);
  expect(memory.piece().length).toBe(PIECE);
});

test('memory that has grown gives copies, stays while it is needed, and gives way to a piece', () => {
  const memory = new MessageMemory();
  const grown = new Uint8Array(4 * PIECE);
  const large = memory.cut(grown, 0, 3 * PIECE);
  expect(large.message.buffer.byteLength).toBe(3 * PIECE);
  expect(large.next).toBe(grown);
  const small = memory.cut(grown, 0, PIECE);
  expect(small.message.buffer.byteLength).toBe(PIECE);
  expect(small.next.length).toBe(PIECE);
});

test('no more than 16 pieces are kept', () => {
  const memory = new MessageMemory();
  const pieces = Array.from({ length: 20 }, () => memory.piece());
  for (const piece of pieces) memory.reuse(piece);
  const kept = Array.from({ length: 20 }, () => memory.piece().buffer);
  expect(kept.filter((buffer) => pieces.some((piece) => piece.buffer === buffer)).length).toBe(16);
});
