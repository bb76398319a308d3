/** Libraries that an integration needs and the user installs. */
import { TapioError } from '../errors';

/**
 * Loads a peer when it is first needed, so that a subpath can be imported without it.
 * @param load a function with a literal `require` inside, which bundlers find
 * @throws TapioError ERR_UNSUPPORTED when it is not installed
 */
export function loadPeer<T>(name: string, range: string, load: () => T): T {
  try {
    return load();
  } catch (error) {
    const { code, message } = error as Partial<NodeJS.ErrnoException>;
    // A module that the peer itself lacks is told as it is.
    if (code !== 'MODULE_NOT_FOUND' || !message?.includes(`'${name}'`)) throw error;
    throw new TapioError(
      'ERR_UNSUPPORTED',
      `this needs the package ${name} ${range}: npm install ${name}@"${range}"`,
    );
  }
}
