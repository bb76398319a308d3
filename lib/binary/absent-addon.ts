/** What stands in for the addon where there is none, so that whatever needs none of it can be loaded. */

/** More than the control of an addon has: nobody reads what is in there. */
const CONTROL_BYTES = 4096;

/**
 * Takes what modules of this package say as they load, and throws at every other call.
 * @param refuse throws
 */
export function absentAddon(refuse: () => never): object {
  const said: Record<string | symbol, unknown> = {
    control: new ArrayBuffer(CONTROL_BYTES),
    waiting: [],
    onWake: () => undefined,
    compileShape: () => 0,
  };
  return new Proxy(said, { get: (target, name) => target[name] ?? refuse });
}
