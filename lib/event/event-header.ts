/** What stands before an encoded event that may be stored or sent. docs/event-format.md describes it. */
import { IS_LITTLE_ENDIAN } from './references';

/** "TPEV", the version of the layout, the byte order (1: little endian, 2: big endian), two zeros. */
export const HEADER_BYTES = 8;
/** Any change of the layout, a new field included, needs another number. */
export const VERSION = 1;
export const BYTE_ORDER = IS_LITTLE_ENDIAN ? 1 : 2;
export const HEADER = Uint8Array.of(0x54, 0x50, 0x45, 0x56, VERSION, BYTE_ORDER, 0, 0);
