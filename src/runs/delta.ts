import { type CsvFile, createCsvFile } from '../csv/file.ts';
import { LineageError } from '../errors.ts';
import type { Gremlin } from '../graph/gremlin.ts';
import type { GraphElement } from '../graph/stored.ts';
import { readElements } from '../neptune/elements.ts';
import type { FileToUpload } from '../neptune/file-content.ts';
import type { RowKind } from '../snapshot/diff.ts';
import type { Manifest } from '../snapshot/manifest.ts';
import { type ElementVerdict, type JudgeOptions, judgeElement } from './element-verdict.ts';
import { KEPT, type ResidueEntry } from './holding.ts';
import { edgeFile, vertexFile } from './run-directory.ts';
import type { RunFiles } from './run-files.ts';
import { headerOf, type RunRow, readRunRows } from './run-rows.ts';

/** Which rows of a run may have to be loaded: those of a list, in the order of the file; or all. */
type Candidates = 'all' | ((of: RowKind) => AsyncIterable<{ readonly id: string }>);

/** With `demotion: 'keep'`, a vertex that is `external` in the run and was listed before stays what it is. */
type DeltaOptions = JudgeOptions & {
  /** Of the run. */
  readonly files: RunFiles;
  readonly manifest: Pick<Manifest, 'files'>;
  readonly candidates: Candidates;
  /** Asks the graph what it holds; undefined where it holds nothing of ours. */
  readonly send: Gremlin | undefined;
  /** Where the files go. */
  readonly to: RunFiles;
  readonly signal?: AbortSignal | undefined;
};

/** The rows of a run that the graph does not hold as they are. */
export type Delta = {
  /** Their files, by their path under a folder of data: `data/nodes/artifacts-nodes.csv`. */
  readonly files: readonly (FileToUpload & { readonly target: string; readonly rows: number })[];
  /** Rows of each. */
  readonly rows: Readonly<Partial<Record<RowKind, number>>>;
  /** Vertices that stay what they were, though the run has them as `external`. */
  readonly kept: readonly ResidueEntry[];
  /** Elements that have to go before the load. */
  readonly replaced: { readonly vertices: readonly string[]; readonly edges: readonly string[] };
};

/**
 * Writes the rows of a run that have to be loaded to files of their own: candidates that differ from what the graph holds, and
 * the edges of vertices that have to be replaced, since they go with them.
 */
export async function writeDelta({
  files,
  manifest,
  candidates,
  demotion,
  isOurs,
  send,
  to,
  signal,
}: DeltaOptions): Promise<Delta> {
  const writers = new Map<RowKind, CsvFile>();
  const rows: Partial<Record<RowKind, number>> = {};
  const replaced = { vertices: new Set<string>(), edges: new Set<string>() };
  const cursors = new Map<RowKind, Cursor>();
  const kept: ResidueEntry[] = [];

  async function keep(of: RowKind, chosen: readonly RunRow[]): Promise<void> {
    if (chosen.length === 0) return;
    const writer = writers.get(of) ?? (await newWriter(of));
    await writer.write(Buffer.concat(chosen.map(({ line }) => line)), chosen.length);
    rows[of] = (rows[of] ?? 0) + chosen.length;
  }

  async function newWriter(of: RowKind): Promise<CsvFile> {
    const target = targetOf(of);
    const header = await headerOf(files, manifest, of);
    const writer = createCsvFile(to.nameOf(target), header, { sink: to.create(target) });
    writers.set(of, writer);
    return writer;
  }

  async function isCandidate(of: RowKind, { row }: RunRow): Promise<boolean> {
    if (candidates === 'all') return true;
    const cursor = cursors.get(of) ?? createCursor(candidates(of));
    cursors.set(of, cursor);
    return cursor.take(row.id);
  }

  async function onRows(batch: readonly RunRow[], of: RowKind): Promise<void> {
    const asked: RunRow[] = [];
    for (const row of batch) if (await isCandidate(of, row)) asked.push(row);
    const verdicts = await judge(send, asked, { demotion, isOurs, signal });
    const chosen = batch.filter((row) => {
      const verdict = verdicts.get(row.row.id);
      if (verdict?.is === 'replace')
        replaced[row.row.element === 'edge' ? 'edges' : 'vertices'].add(row.row.id);
      if (verdict?.is === 'kept') kept.push(keptEntry(verdict));
      return verdict?.is === 'load' || verdict?.is === 'replace' || goesWithAnEnd(row);
    });
    await keep(of, chosen);
  }

  function goesWithAnEnd({ row: { ends } }: RunRow): boolean {
    return ends !== undefined && (replaced.vertices.has(ends.from) || replaced.vertices.has(ends.to));
  }

  const written = [];
  try {
    await readRunRows(files, manifest, { onRows, signal });
    for (const cursor of cursors.values()) await cursor.assertDone();
    for (const [of, writer] of writers) written.push({ ...(await writer.close()), target: targetOf(of) });
  } catch (error) {
    for (const writer of writers.values()) await writer.abandon();
    throw error;
  }
  const { vertices, edges } = replaced;
  return { files: written, rows, kept, replaced: { vertices: [...vertices], edges: [...edges] } };
}

function keptEntry({ kind, found }: Extract<ElementVerdict, { is: 'kept' }>): ResidueEntry {
  const [created = 0] = found.properties.creationtimems ?? [];
  return { of: kind, creationMs: Number(created), id: found.id, hash: KEPT };
}

/** Compares rows with the graph. */
export async function judge(
  send: Gremlin | undefined,
  rows: readonly RunRow[],
  { signal, ...options }: JudgeOptions & Pick<DeltaOptions, 'signal'>,
): Promise<ReadonlyMap<string, ElementVerdict>> {
  const [first] = rows;
  if (first === undefined) return new Map();
  const ids = rows.map(({ row }) => row.id);
  const found: ReadonlyMap<string, GraphElement> =
    send === undefined ? new Map() : await readElements(send, first.row.element, ids, { signal });
  return new Map(rows.map(({ row }) => [row.id, judgeElement(row, found.get(row.id), options)]));
}

/** In a folder of data, as a run has them. */
function targetOf(of: RowKind): string {
  return of === 'edge' ? edgeFile(false) : vertexFile(of, false);
}

type Cursor = {
  take(id: string): Promise<boolean>;
  /** @throws LineageError (validationFailed) where an id of the list did not come by */
  assertDone(): Promise<void>;
};

/** Takes the ids of a list one by one, as they come by. */
function createCursor(list: AsyncIterable<{ readonly id: string }>): Cursor {
  const iterator = list[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<{ readonly id: string }>> | undefined;
  return {
    async take(id) {
      next ??= iterator.next();
      const { done, value } = await next;
      if (done === true || value.id !== id) return false;
      next = iterator.next();
      return true;
    },
    async assertDone() {
      const { done, value } = await (next ?? iterator.next());
      if (done === true) return;
      throw new LineageError(
        'validationFailed',
        `The index of the run has ${value.id}, and its data has not.`,
        {
          hint: 'The files changed after they were written: export again.',
          details: { id: value.id },
        },
      );
    },
  };
}
