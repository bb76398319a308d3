/** V8 settles after 7. */
const OBJECTS_UNTIL_SETTLED = 16;

/**
 * A constructor of empty plain objects with room inside the object for every field that `fill` assigns. The engine
 * gives `{}` room for four and moves further properties to a side array that it grows every three: twice as
 * slow for a decoded section. The engine settles the room by what the first objects of a constructor use, so `fill`,
 * which assigns every field, runs on a few of them here.
 *
 * The objects inherit from Object.prototype, as literals do.
 */
export function shapeOf<T extends object>(fill: (this: T, all: boolean) => void): new (all: boolean) => T {
  const Shape = fill as unknown as { new (all: boolean): T; prototype: object };
  Shape.prototype = Object.prototype;
  for (let i = 0; i < OBJECTS_UNTIL_SETTLED; i++) new Shape(true);
  return Shape;
}
