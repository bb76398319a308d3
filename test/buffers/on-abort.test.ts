/** One AbortSignal for many waits. */
import { runChild } from '../support/children';

test('many waits on one signal, of this realm or another, print no warning and leave nothing on it', async () => {
  const { code, stdout, stderr } = await runChild('on-abort.child');
  expect({ code, stderr, stdout: stdout.trim() }).toEqual({ code: 0, stderr: '', stdout: '0 0 1' });
});
