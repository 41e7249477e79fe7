import { TransformStream } from 'node:stream/web';
import { LineageError } from '../errors.ts';
import type { StoredRow } from '../graph/stored.ts';
import type { RowKind } from '../snapshot/diff.ts';
import type { RunSource } from './run-source.ts';
import { fileDifferenceText, surveyFiles } from './survey-files.ts';

/** A row of a run, and its line as it stands in the file. */
export type PickedRow = { readonly row: StoredRow; readonly line: Buffer };

/**
 * Some rows of a run's file, which is read to its end.
 *
 * @param isWanted hears of each row: its place, from 0, and what gives it
 * @throws LineageError (validationFailed) where the file is not what the manifest says: at its end
 */
export async function* pickRows(
  source: RunSource,
  kind: RowKind,
  isWanted: (place: number, row: () => StoredRow) => boolean,
  signal: AbortSignal | undefined,
): AsyncGenerator<PickedRow> {
  const data = source.data(kind);
  if (data === undefined) return;
  let place = 0;
  yield* handedOver<PickedRow>(async (hand) => {
    let picked: PickedRow[] = [];
    const { differences } = await surveyFiles([data], {
      signal,
      onRow(_, row, line) {
        if (isWanted(place, row)) picked.push({ row: row(), line: line() });
        place += 1;
      },
      async onPiece() {
        const rows = picked;
        picked = [];
        if (rows.length > 0) await hand(rows);
      },
    });
    const [difference] = differences;
    if (difference === undefined) return;
    throw new LineageError('validationFailed', `${fileDifferenceText(difference)}.`, {
      hint: 'The file was changed after the export: take the run from its copy in S3, or export again.',
      details: { file: difference.file },
    });
  });
}

/** What a producer hands over, one by one; it goes on when the last was taken. */
async function* handedOver<T>(
  produce: (hand: (items: readonly T[]) => Promise<void>) => Promise<void>,
): AsyncGenerator<T> {
  const { readable, writable } = new TransformStream<readonly T[], readonly T[]>();
  const writer = writable.getWriter();
  const produced = produce((items) => writer.write(items)).then(
    () => writer.close(),
    (error: unknown) => writer.abort(error),
  );
  try {
    for await (const items of readable) yield* items;
  } finally {
    // A reader that stops early makes the producer's next write fail, which is no error of anybody's.
    await produced.catch(() => undefined);
  }
}
