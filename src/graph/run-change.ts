import type { Kind } from './kinds.ts';

/** One element that differs between two runs. */
export type RunChange = {
  readonly change: 'added' | 'updated' | 'removed';
  readonly kind: Kind | 'edge';
  /** Where it was of another kind before: an `external` vertex that is listed now, or the other way round. */
  readonly kindBefore?: Kind | 'edge';
  readonly id: string;
  /** Of an edge. */
  readonly from?: string;
  readonly to?: string;
  readonly label?: string;
  /** ISO 8601, to the millisecond; null where there is none: of an external vertex. */
  readonly created: string | null;
  /** Those that differ: all that have a value where the element was added or removed. Null for no value. */
  readonly columns: readonly {
    readonly column: string;
    readonly before: string | null;
    readonly after: string | null;
  }[];
};

/** What two runs of one account come to. */
export type RunComparison = {
  /** The ids of the runs. */
  readonly before: string;
  readonly after: string;
  /** Whether both hold the whole account: else what is missing in one may be in the account all the same. */
  readonly complete: boolean;
  /** Why not. */
  readonly notes: readonly string[];
  readonly counts: Readonly<Partial<Record<Kind | 'edge', RunChangeCounts>>>;
};

/** How many rows of a kind changed; `before` and `after` are how many there are. */
export type RunChangeCounts = {
  readonly before: number;
  readonly after: number;
  readonly added: number;
  readonly updated: number;
  readonly removed: number;
  /** Of `updated`, those that were of another kind before. */
  readonly relabelled: number;
};
