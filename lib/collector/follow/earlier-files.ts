/** Finds again, at the start of a run, the files that earlier runs have read and that are at none of the paths now. */
import type { FollowedFile } from './followed-file';
import { keyOf, type Places } from './places';
import type { SavedPlace } from './position-file';

export interface Search {
  readonly places: Places;
  /** Files that are open and that no earlier run has read under their device and inode. */
  readonly fresh: readonly FollowedFile[];
  /** All that are open. */
  readonly open: ReadonlyMap<string, FollowedFile>;
  /** Of a file that is not open and may be read; it stays open when `is` recognises it. */
  readonly find: (
    place: SavedPlace,
    mayBe: (key: string) => boolean,
    is: (file: FollowedFile) => boolean,
  ) => FollowedFile | undefined;
}

export interface Found {
  readonly place: SavedPlace;
  /** undefined: it is gone. */
  readonly file: FollowedFile | undefined;
}

/** What has become of these places, in their order; but for those whose files are open as copies. */
export function findEarlier(missing: readonly SavedPlace[], search: Search): Found[] {
  const { places, fresh, open, find } = search;
  // A copy of one may itself be known: so first all those that are found by what they are.
  const files = new Map(missing.map((place) => [place, findSame(place, search)]));
  const found: Found[] = [];
  for (const place of missing) {
    let file = files.get(place);
    if (!file) {
      if (fresh.some((each) => places.claimCopy(each, place))) continue;
      const others = [...open.values(), ...[...files.values()].filter((each) => each !== undefined)];
      if (others.some((each) => places.dropCopied(each, place))) continue;
      file = find(
        place,
        (key) => !others.some((each) => each.key === key),
        (each) => places.claimCopy(each, place),
      );
      files.set(place, file);
    }
    found.push({ place, file });
  }
  return found;
}

function findSame(place: SavedPlace, { places, open, find }: Search): FollowedFile | undefined {
  const key = keyOf(place);
  if (open.has(key)) return undefined;
  return find(
    place,
    (each) => each === key,
    (file) => places.claim(file),
  );
}
