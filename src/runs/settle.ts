import type { Gremlin } from '../graph/gremlin.ts';
import type { Difference } from '../graph/stored.ts';
import { type Correction, correct } from '../neptune/corrections.ts';
import type { Manifest } from '../snapshot/manifest.ts';
import { judge } from './delta.ts';
import { correctionOf } from './element-verdict.ts';
import type { Lease } from './lease.ts';
import type { RunFiles } from './run-files.ts';
import { type RunRow, readRunRows } from './run-rows.ts';

export type Settled = {
  /** Rows that were compared whole with the graph, and are as they should be. */
  readonly equal: number;
  /** Elements from which a load could not take what they no longer have. */
  readonly corrected: number;
  /** The first differences that are left. */
  readonly differences: readonly Difference[];
  /** How many rows differ. */
  readonly different: number;
};

type SettleOptions = {
  /** Where the rows are that were loaded. */
  readonly files: RunFiles;
  readonly manifest: Pick<Manifest, 'files'>;
  readonly send: Gremlin;
  readonly lease: Pick<Lease, 'assertHeld'>;
  readonly signal?: AbortSignal | undefined;
  /** What an earlier call settled: as many rows are passed over. @default nothing */
  readonly from?: SettledRows | undefined;
  /** Hears what is settled, whenever some rows more are. */
  readonly onSettled?: ((settled: SettledRows) => void) | undefined;
};

/** How far a call came. */
export type SettledRows = { readonly rows: number } & Pick<Settled, 'equal' | 'corrected'>;

const KEPT_DIFFERENCES = 20;

/**
 * Compares the rows that were loaded with the graph, by id, and takes away what a load leaves: values of properties that have
 * become empty. What was corrected is compared again.
 */
export async function settle({
  files,
  manifest,
  send,
  lease,
  signal,
  from = { rows: 0, equal: 0, corrected: 0 },
  onSettled,
}: SettleOptions): Promise<Settled> {
  const result = { equal: from.equal, corrected: from.corrected, different: 0 };
  let rowsLeft = from.rows;
  let settled = from.rows;
  const differences: Difference[] = [];

  function refuse(left: readonly Difference[]): void {
    result.different += 1;
    if (differences.length < KEPT_DIFFERENCES) differences.push(...left);
  }

  async function look(rows: readonly RunRow[], onCorrection: (row: RunRow, correction: Correction) => void) {
    const verdicts = await judge(send, rows, { signal });
    for (const row of rows) {
      const verdict = verdicts.get(row.row.id);
      if (verdict === undefined) continue;
      const correction = verdict.is === 'load' ? correctionOf(row.row, verdict.differences) : undefined;
      if (verdict.is === 'equal') result.equal += 1;
      else if (correction !== undefined) onCorrection(row, correction);
      else if (verdict.is !== 'kept') refuse(verdict.differences);
    }
  }

  await readRunRows(files, manifest, {
    signal,
    async onRows(read) {
      const rows = read.slice(Math.min(rowsLeft, read.length));
      rowsLeft -= read.length - rows.length;
      if (rows.length === 0) return;
      const corrected: RunRow[] = [];
      const corrections: Correction[] = [];
      await look(rows, (row, correction) => {
        corrected.push(row);
        corrections.push(correction);
      });
      if (corrections.length > 0) {
        await lease.assertHeld(signal);
        await correct(send, corrections, { signal });
        result.corrected += corrections.length;
        await look(corrected, (row) =>
          refuse([{ ...place(row), property: '~id', expected: [], found: [], is: 'more' }]),
        );
      }
      settled += rows.length;
      // What differs is told by the call that found it.
      const { equal, corrected: all, different } = result;
      if (different === 0) onSettled?.({ rows: settled, equal, corrected: all });
    },
  });
  return { ...result, differences };
}

function place({ row: { element, id, file, line } }: RunRow) {
  return { element, id, file, line };
}
