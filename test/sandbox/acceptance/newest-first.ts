import type { AccountRecord } from '../../../src/sandbox/records.ts';

type DatedKind = Extract<AccountRecord, { CreationTime: number }>['kind'];

/** An account's records of one kind in the default order of every listing. Of one millisecond the later one is newer. */
export function newestFirst<Kind extends DatedKind>(records: readonly AccountRecord[], kind: Kind) {
  return records
    .filter(
      (record): record is Extract<AccountRecord, { kind: Kind; CreationTime: number }> =>
        record.kind === kind,
    )
    .toSorted((a, b) => a.CreationTime - b.CreationTime)
    .toReversed();
}
