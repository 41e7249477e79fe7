import { comparePositions, countBefore, grown, type Listing, listingByNumber } from './sorted-ids.ts';

/** Ids by creation time, kept while ids come and go. */
export type Timeline = {
  add(id: number): void;
  remove(id: number): void;
  listing(): Listing;
};

/**
 * An empty timeline. Ids almost always come in the order of time, so one that does not only marks the timeline to be
 * sorted when it is next read.
 */
export function createTimeline(timeOf: (id: number) => number): Timeline {
  let ids = new Uint32Array(0);
  let length = 0;
  let sorted = true;

  function listing(): Listing {
    const view = ids.subarray(0, length);
    if (!sorted) view.set(listingByNumber(view, timeOf).ids);
    sorted = true;
    return { ids: view, keyOf: timeOf };
  }

  return {
    listing,
    add(id) {
      ids = grown(ids, length + 1);
      const last = ids[length - 1];
      sorted &&= last === undefined || comparePositions([timeOf(last), last], [timeOf(id), id]) < 0;
      ids[length] = id;
      length += 1;
    },
    remove(id) {
      const index = countBefore(listing(), [timeOf(id), id], false);
      ids.copyWithin(index, index + 1, length);
      length -= 1;
    },
  };
}
