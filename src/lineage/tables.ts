import { LineageError } from '../errors.ts';
import type { ListAnswer } from '../graph/answer.ts';
import { kindOfArn, parseArn } from '../graph/arn.ts';
import type { Edge, Vertex } from '../graph/elements.ts';
import { type KINDS, UNTYPED } from '../graph/kinds.ts';
import type { TableSubject } from '../graph/words.ts';
import { startVertex } from './entities-of.ts';
import type { LineageGraph } from './graph.ts';
import { cell, listAnswer } from './list-answer.ts';
import { compareText } from './order.ts';

export type TableOptions = {
  readonly graph: LineageGraph;
  readonly subject: TableSubject;
  /**
   * Name or ARN. Of a pipeline's step the ARN of its job or model package (`Metadata` of ListPipelineExecutionSteps).
   */
  readonly of: string;
  readonly signal?: AbortSignal | undefined;
};

/** A row of the visualizer, under its own column names. */
export type TableRow = {
  readonly 'Name/Source': string;
  readonly Direction: 'Input' | 'Output';
  readonly Type: string | null;
  readonly 'Association Type': string | null;
  readonly 'Lineage Type': string;
};

const COLUMNS = ['Name/Source', 'Direction', 'Type', 'Association Type', 'Lineage Type'] as const;

/**
 * What is directly joined to an entity, as the SDK's `LineageTableVisualizer` shows it (sagemaker.lineage.visualizer): all
 * associations that come in, then all that go out, the newest first.
 *
 * @throws LineageError (usage) where the graph has no such entity, or it is of another kind.
 */
export async function table({ graph, subject, of, signal }: TableOptions): Promise<ListAnswer<TableRow>> {
  const about = await subjectVertex({ graph, subject, of, signal });
  const incoming = await newestFirst(graph, about.id, 'upstream', signal);
  const outgoing = await newestFirst(graph, about.id, 'downstream', signal);
  const ends = [...incoming.map(({ from }) => from), ...outgoing.map(({ to }) => to)];
  const byId = new Map((await graph.vertices(ends, { signal })).map((vertex) => [vertex.id, vertex]));
  const missing = ends.filter((id) => !byId.has(id));
  return listAnswer<TableRow>(graph, {
    question: 'table',
    about: [about],
    columns: COLUMNS,
    rows: [
      ...incoming.map((edge) => tableRow(edge, edge.from, 'Input', byId)),
      ...outgoing.map((edge) => tableRow(edge, edge.to, 'Output', byId)),
    ],
    reasons: [missing.length === 0 ? undefined : `${missing[0]} is not in the graph`],
  });
}

async function newestFirst(
  graph: LineageGraph,
  id: string,
  direction: 'upstream' | 'downstream',
  signal: AbortSignal | undefined,
): Promise<readonly Edge[]> {
  const oldestFirst = await graph.edges([id], direction, { byTime: true, signal });
  return oldestFirst.toReversed();
}

function tableRow(
  { label }: Edge,
  id: string,
  direction: TableRow['Direction'],
  byId: ReadonlyMap<string, Vertex>,
): TableRow {
  const vertex = byId.get(id) ?? { id, label: 'external', properties: {} };
  return {
    'Name/Source': shownName(vertex),
    Direction: direction,
    Type: cell(vertex, 'type'),
    'Association Type': label === UNTYPED ? null : label,
    'Lineage Type': parseArn(id)?.resourceType ?? vertex.label,
  };
}

const LONGEST_SOURCE = 48;
const SOURCE_HEAD = 5;
const SOURCE_TAIL = 40;

function shownName(vertex: Vertex): string {
  const name = cell(vertex, 'name');
  if (name !== null) return name;
  const source = kindOfArn(vertex.id) === 'artifact' ? cell(vertex, 'sourceuri') : null;
  if (source === null) return vertex.id.slice(vertex.id.indexOf('/') + 1);
  return source.length > LONGEST_SOURCE
    ? `${source.slice(0, SOURCE_HEAD)}...${source.slice(-SOURCE_TAIL)}`
    : source;
}

const JOBS: Readonly<Partial<Record<TableSubject, string>>> = {
  'training-job': '-aws-training-job',
  'processing-job': '-aws-processing-job',
  'transform-job': '-aws-transform-job',
};

/** What ARNs of these subjects call them: their names are no names of entities. */
const RESOURCES: Readonly<Partial<Record<TableSubject, string>>> = {
  'model-package': 'model-package/',
  endpoint: 'endpoint/',
};

const EXPECTED_KINDS: Readonly<Partial<Record<TableSubject, keyof typeof KINDS>>> = {
  'training-job': 'trial_component',
  'processing-job': 'trial_component',
  'transform-job': 'trial_component',
  'trial-component': 'trial_component',
  'model-package': 'artifact',
  endpoint: 'context',
  artifact: 'artifact',
  context: 'context',
  action: 'action',
};

async function subjectVertex({ graph, subject, of, signal }: TableOptions): Promise<Vertex> {
  const suffix = JOBS[subject];
  const isArn = of.startsWith('arn:');
  const text = suffix !== undefined && !isArn && !of.endsWith(suffix) ? `${of}${suffix}` : of;
  const resource = RESOURCES[subject];
  const vertex =
    resource === undefined || isArn
      ? await startVertex(graph, text, signal)
      : await sourced(graph, { subject, resource: `${resource}${of}`, of, signal });
  const expected = EXPECTED_KINDS[subject];
  if (expected === undefined || vertex.label === expected || vertex.label === 'external') return vertex;
  throw new LineageError('usage', `${of} is no ${subject}: it is the ${vertex.label} ${vertex.id}.`, {
    hint: `Pass the name or ARN of one, or its kind: --${vertex.label.replace('_', '-')}.`,
    details: { id: vertex.id },
  });
}

type Sourced = Omit<TableOptions, 'graph'> & { readonly resource: string };

/**
 * An endpoint by its name, a model package by group and version: the entity whose source is that resource. Where there is
 * none, the one of that name in the lineage, which answers show.
 */
async function sourced(graph: LineageGraph, { subject, resource, of, signal }: Sourced): Promise<Vertex> {
  const kind = EXPECTED_KINDS[subject];
  const [sourcedSo, namedSo]: [Vertex[], Vertex[]] = [[], []];
  for await (const vertex of graph.list({ kinds: kind === undefined ? [] : [kind] }, { signal })) {
    const { sourceuri: source = '', name } = vertex.properties;
    if (String(source).toLowerCase().endsWith(`:${resource}`.toLowerCase())) sourcedSo.push(vertex);
    else if (name !== undefined && String(name).toLowerCase() === of.toLowerCase()) namedSo.push(vertex);
  }
  const found = sourcedSo.length > 0 ? sourcedSo : namedSo;
  const [first, second] = found.sort((a, b) => compareText(a.id, b.id));
  if (first !== undefined && second === undefined) return first;
  const hint =
    first === undefined
      ? `Pass the ARN of the ${subject}.`
      : `Pass the ARN of the one that you mean: ${found.map(({ id }) => id).join(', ')}`;
  throw new LineageError(
    'usage',
    first === undefined
      ? `There is no ${subject} ${JSON.stringify(of)} in ${graph.name}.`
      : `${JSON.stringify(of)} names ${found.length} entities in ${graph.name}.`,
    { hint, details: { start: of, candidates: found.map(({ id }) => id) } },
  );
}

export type ArtifactsOptions = {
  readonly graph: LineageGraph;
  /** Artifacts of this source only (SDK: `s3_uri_artifacts`). @default all */
  readonly sourceUri?: string | undefined;
  /** Artifacts of this type only. @default all */
  readonly type?: string | undefined;
  /** `Ascending` begins with the oldest. @default 'Descending', as ListArtifacts */
  readonly order?: 'Ascending' | 'Descending' | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** A row of `ArtifactAnalytics`, under its own column names. */
export type ArtifactRow = {
  readonly ArtifactName: string | null;
  readonly ArtifactArn: string;
  readonly ArtifactType: string | null;
  readonly ArtifactSourceUri: string | null;
  readonly CreationTime: string | null;
  readonly LastModifiedTime: string | null;
};

/**
 * The artifacts, as the SDK's `ArtifactAnalytics` shows them (sagemaker.analytics). Its `sort_by` knows only `Name`, by
 * which ListArtifacts cannot sort: there is only the order of creation.
 */
export async function artifacts(options: ArtifactsOptions): Promise<ListAnswer<ArtifactRow>> {
  const { graph, order = 'Descending' } = options;
  const found: Vertex[] = [];
  for await (const vertex of selectedArtifacts(options)) found.push(vertex);
  found.sort((a, b) => createdMs(a) - createdMs(b) || compareText(a.id, b.id));
  if (order === 'Descending') found.reverse();
  return listAnswer<ArtifactRow>(graph, {
    question: 'artifacts',
    about: [],
    columns: [
      'ArtifactName',
      'ArtifactArn',
      'ArtifactType',
      'ArtifactSourceUri',
      'CreationTime',
      'LastModifiedTime',
    ],
    rows: found.map((vertex) => ({
      ArtifactName: cell(vertex, 'name'),
      ArtifactArn: vertex.id,
      ArtifactType: cell(vertex, 'type'),
      ArtifactSourceUri: cell(vertex, 'sourceuri'),
      CreationTime: cell(vertex, 'creationtime'),
      LastModifiedTime: cell(vertex, 'LastModifiedTime'),
    })),
  });
}

async function* selectedArtifacts({
  graph,
  sourceUri,
  type,
  signal,
}: ArtifactsOptions): AsyncGenerator<Vertex> {
  if (sourceUri === undefined) {
    yield* graph.list({ kinds: ['artifact'], types: type === undefined ? [] : [type] }, { signal });
    return;
  }
  for (const vertex of await graph.named({ properties: ['sourceuri'], texts: [sourceUri] }, { signal })) {
    const isOne = vertex.label === 'artifact' && vertex.properties.sourceuri === sourceUri;
    if (isOne && (type === undefined || vertex.properties.type === type)) yield vertex;
  }
}

function createdMs({ properties }: Vertex): number {
  return Number(properties.creationtimems ?? 0);
}
