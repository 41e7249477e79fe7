import { type Cell, csvLines, encodeEdge, encodeVertex } from '../../src/csv/encode.ts';
import { edgeId } from '../../src/graph/ids.ts';
import { ALL_KINDS, type Kind } from '../../src/graph/kinds.ts';
import { compareRows, type EdgeRow, type VertexRow } from '../../src/graph/rows.ts';
import { writeDataFiles } from '../../src/runs/data-files.ts';
import { createRunDirectory, publishRun } from '../../src/runs/run-directory.ts';
import { diskFiles } from '../../src/runs/run-files.ts';
import { indexLine } from '../../src/snapshot/index-line.ts';
import { type Manifest, writeManifest } from '../../src/snapshot/manifest.ts';
import { temporaryDirectory } from './run-tree.ts';

const ORDER_MS = Date.UTC(2026, 0, 1, 0, 0, 0, 123);

/** A vertex with a name and a type. The kind is free of the id: an `external` vertex has an ARN of any kind. */
export function vertexRow<K extends Kind>(
  kind: K,
  id: string,
  cells: Readonly<Record<string, string>> = {},
): VertexRow {
  const creationtime = kind === 'external' ? {} : { creationtime: new Date(ORDER_MS) };
  return {
    kind,
    id,
    orderMs: ORDER_MS,
    cells: { arn: id, ...creationtime, ...cells },
  } as unknown as VertexRow;
}

export function edgeRow(from: string, label: string, to: string): EdgeRow {
  const cells = { creationtime: new Date(ORDER_MS) };
  return { id: edgeId(from, label, to), from, to, label, orderMs: ORDER_MS, cells } as unknown as EdgeRow;
}

type Rows = { readonly vertices: readonly VertexRow[]; readonly edges: readonly EdgeRow[] };

type RunOptions = {
  readonly complete?: boolean;
  readonly gzip?: boolean;
  /** Gives the run its id. */
  readonly time?: Date;
};

/** A run directory of these rows, written as an export writes it. */
export async function writtenRun(
  { vertices, edges }: Rows,
  { complete = true, gzip = false, time = new Date(ORDER_MS) }: RunOptions = {},
): Promise<{ directory: string; manifest: Manifest }> {
  const run = await createRunDirectory(await temporaryDirectory(), time);
  const files: Manifest['files'] = [];
  for (const kind of ALL_KINDS) {
    const rows = vertices.filter((row) => row.kind === kind);
    files.push(
      ...(await writeDataFiles(diskFiles(run.partial), kind, onePiece(rows, encodeVertex), { gzip })),
    );
  }
  files.push(
    ...(await writeDataFiles(diskFiles(run.partial), 'edge', onePiece(edges, encodeEdge), { gzip })),
  );
  const manifest: Manifest = {
    format: 1,
    run: run.run,
    tool: 'test',
    startedAt: time.toISOString(),
    finishedAt: time.toISOString(),
    complete,
    scopes: [{ account: '123456789012', region: 'us-east-1' }],
    subset: null,
    detail: 'summary',
    tags: false,
    promoted: [],
    vertices: Object.fromEntries(
      ALL_KINDS.map((kind) => [kind, vertices.filter((row) => row.kind === kind).length]),
    ) as Manifest['vertices'],
    edges: countBy(edges.map(({ label }) => label)),
    files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
  await writeManifest(run.partial, manifest);
  await publishRun(run);
  return { directory: run.path, manifest };
}

async function* onePiece<Row extends { readonly orderMs: number; readonly id: string }>(
  rows: readonly Row[],
  encode: (row: Row) => readonly Cell[],
) {
  const sorted = rows.toSorted(compareRows);
  const cells = sorted.map(encode);
  const index = sorted.map((row, at) => indexLine(row, cells[at] ?? []));
  yield { rows: rows.length, data: csvLines(cells), index: csvLines(index) };
}

function countBy(labels: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

/** ARN of an entity of the account that the tests use. */
export function arn(resource: string): string {
  return `arn:aws:sagemaker:us-east-1:123456789012:${resource}`;
}

/** Two datasets, a job, a model, an endpoint; a deployment; an external vertex; an entity without edges; a trial. */
export function smallAccount(): Rows {
  const ids = {
    raw: arn('artifact/raw'),
    clean: arn('artifact/Clean'),
    prepare: arn('experiment-trial-component/prepare'),
    train: arn('experiment-trial-component/train'),
    model: arn('artifact/model'),
    deploy: arn('action/deploy'),
    endpoint: arn('context/endpoint'),
    foreign: 'arn:aws:sagemaker:us-east-1:999999999999:artifact/foreign',
    lonely: arn('artifact/lonely'),
    trial: arn('experiment-trial/night'),
  };
  return {
    vertices: [
      vertexRow('artifact', ids.raw, { type: 'DataSet', sourceuri: 's3://b/raw, "one"' }),
      vertexRow('artifact', ids.clean, { type: 'DataSet', name: 'clean' }),
      vertexRow('trial_component', ids.prepare, { type: 'SageMakerProcessingJob' }),
      vertexRow('trial_component', ids.train, { type: 'SageMakerTrainingJob' }),
      vertexRow('artifact', ids.model, { type: 'Model' }),
      vertexRow('action', ids.deploy, { type: 'ModelDeployment' }),
      vertexRow('context', ids.endpoint, { type: 'Endpoint', name: 'churn' }),
      vertexRow('external', ids.foreign, { type: 'DataSet' }),
      vertexRow('artifact', ids.lonely, { type: 'Image' }),
      vertexRow('trial', ids.trial),
    ],
    edges: [
      edgeRow(ids.raw, 'ContributedTo', ids.prepare),
      edgeRow(ids.prepare, 'Produced', ids.clean),
      edgeRow(ids.raw, 'DerivedFrom', ids.clean),
      edgeRow(ids.clean, 'ContributedTo', ids.train),
      edgeRow(ids.foreign, 'ContributedTo', ids.train),
      edgeRow(ids.train, 'Produced', ids.model),
      edgeRow(ids.model, 'ContributedTo', ids.deploy),
      edgeRow(ids.deploy, 'AssociatedWith', ids.endpoint),
      edgeRow(ids.trial, 'HasTrialComponent', ids.train),
      edgeRow(ids.trial, 'HasTrialComponent', ids.prepare),
    ],
  };
}
