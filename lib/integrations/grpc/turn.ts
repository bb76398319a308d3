/** Lets the event loop do what is due: sockets, timers, other calls. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
