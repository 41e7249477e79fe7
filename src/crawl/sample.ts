import { hash } from 'node:crypto';

/** A random few of the ids of a stream. */
export type Sample = {
  add(id: string): void;
  /** Those that were drawn so far: all, where no more than the sample's size came. */
  ids(): readonly string[];
};

/**
 * A sample that holds `size` ids at most, whatever the length of the stream. An id is drawn by its own hash with the seed:
 * each set of ids is as likely as any other, and equal streams give equal samples in whatever order they come.
 */
export function createSample(size: number, seed: number): Sample {
  /** By rank, the lowest first. */
  const drawn: { readonly rank: string; readonly id: string }[] = [];
  return {
    add(id) {
      const rank = hash('sha256', `${seed} ${id}`);
      const last = drawn.at(-1);
      if (drawn.length >= size && (last === undefined || rank >= last.rank)) return;
      const place = drawn.findIndex((other) => other.rank >= rank);
      if (drawn[place]?.id === id) return;
      drawn.splice(place < 0 ? drawn.length : place, 0, { rank, id });
      if (drawn.length > size) drawn.pop();
    },
    ids: () => drawn.map(({ id }) => id),
  };
}
