/** The characters of a line in memory, where a look at one costs less than in the text. One line at a time, of all readers of a thread. */
import { textBytes } from '../../event/latin1-text';

/** Characters that there is always room for; what a longer line took is let go with the next one. */
const ROOM = 1 << 15;

class AuditLine {
  text = '';
  codes = new Uint16Array(ROOM);
  private bytes = bytesOf(this.codes);

  read(text: string): void {
    if (text === this.text) return;
    const room = Math.max(ROOM, text.length);
    if (room !== this.codes.length) {
      this.codes = new Uint16Array(room);
      this.bytes = bytesOf(this.codes);
    }
    this.bytes.ucs2Write(text, 0, 2 * text.length);
    this.text = text;
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint16Array): ReturnType<typeof textBytes> {
  return textBytes(buffer as ArrayBuffer, byteOffset, byteLength);
}

export const line = new AuditLine();
