import { type CheckedFile, readText } from '../csv/check/text.ts';
import { KINDS } from '../graph/kinds.ts';
import type { StoredRow } from '../graph/stored.ts';
import { ROW_KINDS, type RowKind } from '../snapshot/diff.ts';
import type { Manifest, ManifestFile } from '../snapshot/manifest.ts';
import type { RunFiles } from './run-files.ts';
import { dataFiles, surveyFiles } from './survey-files.ts';

/** A row of a run, and its line as it stands in the file. */
export type RunRow = { readonly row: StoredRow; readonly line: Buffer };

type ReadOptions = {
  /** Hears of some rows at a time, in the order of the file; the next come when it is done. */
  readonly onRows: (rows: readonly RunRow[], of: RowKind) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
};

const ROWS_AT_A_TIME = 1_000;

/** Reads the rows of a run: vertices first, kind by kind. */
export async function readRunRows(
  runFiles: RunFiles,
  manifest: Pick<Manifest, 'files'>,
  { onRows, signal }: ReadOptions,
): Promise<void> {
  for (const of of ROW_KINDS) {
    const files = dataFiles(runFiles, { files: filesOf(manifest, of) });
    let gathered: RunRow[] = [];
    await surveyFiles(files, {
      signal,
      onRow: (_kind, row, line) => gathered.push({ row: row(), line: line() }),
      onPiece: async () => {
        const rows = gathered;
        gathered = [];
        for (let at = 0; at < rows.length; at += ROWS_AT_A_TIME)
          await onRows(rows.slice(at, at + ROWS_AT_A_TIME), of);
      },
    });
  }
}

/** The first line of the file that holds these rows. */
export async function headerOf(
  files: RunFiles,
  manifest: Pick<Manifest, 'files'>,
  of: RowKind,
): Promise<string> {
  const [data] = dataFiles(files, { files: filesOf(manifest, of) });
  return data === undefined ? '' : firstLine(data.file);
}

async function firstLine(file: CheckedFile): Promise<string> {
  let text = '';
  for await (const chunk of readText(file)) {
    text += chunk.toString();
    const end = text.indexOf('\n');
    if (end >= 0) return text.slice(0, end);
  }
  return text;
}

function filesOf({ files }: Pick<Manifest, 'files'>, of: RowKind): ManifestFile[] {
  const name = of === 'edge' ? 'data/edges/' : `data/nodes/${KINDS[of].file}`;
  return files.filter(({ path }) => path.startsWith(name));
}
