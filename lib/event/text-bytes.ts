/**
 * Node's own string methods of Buffer, without the argument checks of `write` and `toString`: each is one
 * call into C++. Their offsets and ends must be in range.
 */
export interface TextBytes extends Uint8Array {
  utf8Write(text: string, offset: number, length: number): number;
  ucs2Write(text: string, offset: number, length: number): number;
  latin1Slice(start: number, end: number): string;
  ucs2Slice(start: number, end: number): string;
}

export function textBytes(memory: ArrayBuffer, byteOffset: number, byteLength: number): TextBytes {
  return Buffer.from(memory, byteOffset, byteLength) as Uint8Array as TextBytes;
}
