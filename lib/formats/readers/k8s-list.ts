/** Lists of the Kubernetes API, whose items are events. */
import type { UnifiedEvent } from '../../event/unified-event';
import type { JsonObject } from '../format';
import { mergeUnder, objectOf, restOf, withItem } from '../values';

const MAPPED = new Set(['kind', 'apiVersion', 'metadata', 'items']);

/**
 * Adds what a list says that no item does. kubectl writes the fields of its metadata empty.
 *
 * @param first the event of its first item; undefined where it has none
 */
export function addAroundItems(first: UnifiedEvent | undefined, list: JsonObject): void {
  if (first === undefined) return;
  const metadata = objectOf(list.metadata);
  const isNone = metadata !== undefined && Object.values(metadata).every((item) => (item ?? '') === '');
  const around = withItem(restOf(list, MAPPED), 'metadata', isNone ? undefined : list.metadata);
  first.attributes = mergeUnder(first.attributes, 'list', around);
}
