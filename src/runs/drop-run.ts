import type { S3Client } from '@aws-sdk/client-s3';
import { LineageError } from '../errors.ts';
import type { Gremlin } from '../graph/gremlin.ts';
import type { ElementKind } from '../graph/stored.ts';
import { SYSTEM_CLOCK } from '../neptune/clock.ts';
import { deleteEdges, deleteVertices, edgesAtEach } from '../neptune/delete.ts';
import { existingIds } from '../neptune/elements.ts';
import { gremlinClient } from '../neptune/query.ts';
import { assertConfirmed, clusterHost } from './confirm.ts';
import {
  addTally,
  type DropOptions,
  type DropReport,
  dropTelling,
  NO_EDGES,
  NO_VERTICES,
  type RunSurvey,
} from './drop.ts';
import { type DataFile, fileDifferenceText, surveyFiles } from './survey-files.ts';
import { findRun } from './verify.ts';

type RunSource = {
  /** For a run in S3. */
  readonly s3?: S3Client | undefined;
  /** The directory of a run, or an uploaded run (`s3://…/runs/<run>/`). */
  readonly source: string;
};

type SurveyRunOptions = Pick<DropOptions, 'neptune' | 'signal' | 'clock' | 'onProgress'> & RunSource;

type OpenRun = {
  readonly run: string;
  readonly files: readonly DataFile[];
  readonly named: RunSurvey['named'];
};

/**
 * Counts what deleting a run would meet, and deletes nothing: reads every file, and asks the graph for every id.
 *
 * @throws LineageError (usage) where the source is no run; (validationFailed) where its files are not those of its manifest
 */
export async function surveyRun(options: SurveyRunOptions): Promise<RunSurvey> {
  return surveyOpenRun(await openRun(options), options);
}

async function surveyOpenRun(
  { run, files, named }: OpenRun,
  { neptune, signal, clock = SYSTEM_CLOCK, onProgress }: SurveyRunOptions,
): Promise<RunSurvey> {
  const send = gremlinClient(neptune, clock);
  let edges = 0;
  await eachPiece(files, 'edge', { signal, onProgress }, async (ids) => {
    edges += (await existingIds(send, 'edge', ids, { signal })).size;
  });
  let vertices = 0;
  let ends = 0;
  await eachPiece(files, 'vertex', { signal, onProgress }, async (ids) => {
    const found = await edgesAtEach(send, ids, { signal });
    vertices += found.length;
    ends += found.reduce((sum, vertex) => sum + vertex.edges, 0);
  });
  // Both ends of an edge of the run are vertices of the run; each counted it.
  const otherEdges = ends - 2 * edges;
  return { host: await clusterHost(neptune), run, named, inGraph: { vertices, edges }, otherEdges };
}

/**
 * Deletes the edges of a run and then its vertices, exactly those ids that its files name, in batches. The files are first
 * compared with the manifest. A vertex that has edges which are not of the run is kept unless `force`. Running it again
 * goes on where it stopped.
 *
 * @throws LineageError (usage) where `confirm` is not the host, before anything is asked, or where the source is no run;
 * (validationFailed) where its files are not those of its manifest; (interrupted) between two batches
 */
export async function dropRun(options: DropOptions & RunSource): Promise<DropReport> {
  const { neptune, confirm, source, force = false, signal, clock = SYSTEM_CLOCK, onProgress } = options;
  const host = await clusterHost(neptune);
  assertConfirmed(host, confirm, `the vertices and edges of ${source}`);
  const run = await openRun(options);
  const { files, named } = run;
  if (force) onProgress?.({ step: 'surveyed', survey: await surveyOpenRun(run, options) });
  const send: Gremlin = gremlinClient(neptune, clock);
  const tell = dropTelling(options, named.vertices + named.edges);
  const reading = { signal, onProgress: undefined };
  let edges = NO_EDGES;
  await eachPiece(files, 'edge', reading, async (ids) => {
    edges = addTally(edges, await deleteEdges(send, ids, { signal, clock, onDeleted: tell.edge }));
  });
  let vertices = NO_VERTICES;
  const keptVertices: string[] = [];
  await eachPiece(files, 'vertex', reading, async (ids) => {
    const dropped = await deleteVertices(send, ids, {
      ...{ signal, clock, withEdges: force ? 'drop' : 'keep' },
      ...{ onDeleted: tell.vertex, onEdgesDeleted: tell.edge },
      onKept: ({ id }) => {
        if (keptVertices.length < SHOWN_KEPT) keptVertices.push(id);
      },
    });
    vertices = addTally(vertices, dropped);
  });
  return { host, vertices, edges, keptVertices };
}

const SHOWN_KEPT = 20;

/** The files of a run, after they were read once: an id of a file that somebody changed is nobody's. */
async function openRun({ s3, source, signal, onProgress }: SurveyRunOptions): Promise<OpenRun> {
  const { manifest, files } = await findRun({ s3, source, signal });
  const { differences } = await whileGoingOn(signal, () =>
    surveyFiles(files, {
      signal,
      onProgress: (readBytes, totalBytes) => onProgress?.({ step: 'reading', readBytes, totalBytes }),
    }),
  );
  const [first] = differences;
  if (first !== undefined) {
    throw new LineageError(
      'validationFailed',
      `The files are not those of the manifest: ${fileDifferenceText(first)}.`,
      {
        hint: 'Nothing was deleted. Take the run from where it was uploaded, or delete by --label.',
        details: { run: manifest.run, files: differences },
      },
    );
  }
  const total = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((sum, count) => sum + count, 0);
  const named = { vertices: total(manifest.vertices), edges: total(manifest.edges) };
  return { run: manifest.run, files, named };
}

/** Ids that are gathered before they are worked on: four batches, which go at once. */
const IDS_PER_PIECE = 2_000;

/** Reads the ids of all vertices, or of all edges, and waits for each piece of them. */
async function eachPiece(
  files: readonly DataFile[],
  element: ElementKind,
  { signal, onProgress }: Pick<DropOptions, 'signal' | 'onProgress'>,
  work: (ids: readonly string[]) => Promise<void>,
): Promise<void> {
  const folder = element === 'edge' ? 'data/edges/' : 'data/nodes/';
  let ids: string[] = [];
  const flush = async (least: number) => {
    while (ids.length >= least && ids.length > 0) {
      const piece = ids.slice(0, IDS_PER_PIECE);
      ids = ids.slice(IDS_PER_PIECE);
      await work(piece);
    }
  };
  await whileGoingOn(signal, () =>
    surveyFiles(
      files.filter(({ expected }) => expected?.path.startsWith(folder)),
      {
        signal,
        onRow: (_, row) => void ids.push(row().id),
        onPiece: () => flush(IDS_PER_PIECE),
        onProgress: (readBytes, totalBytes) => onProgress?.({ step: 'reading', readBytes, totalBytes }),
      },
    ),
  );
  await flush(0);
}

async function whileGoingOn<Result>(
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof LineageError || signal?.aborted !== true) throw cause;
    throw new LineageError('interrupted', 'The deletion was interrupted between two batches.', {
      cause,
      hint: 'Run the same command again when you are ready: what is gone already is passed over.',
    });
  }
}
