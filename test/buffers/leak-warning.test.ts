/** The warning about instances that became garbage. */
import { runChild } from '../support/children';
import { KINDS } from '../support/subjects';

describe('with TAPIO_DEBUG=1', () => {
  const told = async (way: string, debug = '1'): Promise<string[]> => {
    const { code, stdout, stderr } = await runChild(
      'leak.child',
      [way],
      ['--expose-gc', '--no-warnings'],
      20_000,
      {
        TAPIO_DEBUG: debug,
      },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout === '' ? [] : stdout.split('\n');
  };
  const each = (how: string): string[] =>
    KINDS.map(
      ({ name }) => `TAPIO_BUFFER_LEAK the ${name} N was ${how} before it was garbage, with its place`,
    ).sort();

  test('an instance that is made and forgotten is told of', async () =>
    expect(await told('make and forget')).toEqual(each('made and neither closed nor disposed')));
  test('one that is attached and forgotten, too', async () =>
    expect(await told('attach and forget')).toEqual(each('attached and not disposed')));
  test.each(['close', 'dispose', 'see that it is closed'])('%s: nothing is told', async (way) =>
    expect(await told(way)).toEqual([]),
  );
  test.each(['', '0'])('with TAPIO_DEBUG=%p nothing is told', async (debug) =>
    expect(await told('make and forget', debug)).toEqual([]),
  );
});
