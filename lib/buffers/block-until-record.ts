import { invalidArgument } from '../validate';
import type { Attachment } from './attachment';

/** `waitSync` of every buffer class: blocks until `holds`. False after the time, or when nothing will come. */
export function blockUntilRecord(
  attachment: Attachment,
  holds: () => boolean,
  timeoutMs: number | undefined,
): boolean {
  if (timeoutMs !== undefined && (typeof timeoutMs !== 'number' || !(timeoutMs >= 0))) {
    throw invalidArgument('timeoutMs', timeoutMs, 'a number of milliseconds from 0');
  }
  const end = performance.now() + (timeoutMs ?? Infinity);
  for (;;) {
    if (holds()) {
      // Who is told need not take: the next who sleeps looks for itself.
      if (attachment.native.hasSleepers()) attachment.native.passWakeOn();
      return true;
    }
    if (attachment.drained) {
      attachment.status();
      return false;
    }
    const rest = end - performance.now();
    if (rest <= 0) return false;
    attachment.native.block(rest, false, 0);
  }
}
