import type { OneThreadContender } from '../measure/row';

/**
 * One of ours whose operations are the same again and again.
 *
 * @param make gives the operation, which is told its number in the run, and answers 1 when it did what the name says
 * @param most of one run
 */
export function oneByOne(name: string, make: () => (i: number) => number, most?: number): OneThreadContender {
  return {
    name,
    ours: true,
    most,
    make() {
      const one = make();
      return {
        run(count) {
          let sum = 0;
          for (let i = 0; i < count; i++) sum += one(i);
          return sum;
        },
      };
    },
  };
}
