import { edgeId } from '../../dist/graph/ids.js';
import { exampleDataset } from '../../dist/sandbox/generator/describe-projects.js';
import { generateLineage } from '../../dist/sandbox/generator/generate-lineage.js';

const ACCOUNT = { entities: 20_000, seed: 5 };
const ARN = ['ArtifactArn', 'ActionArn', 'ContextArn', 'TrialComponentArn', 'ExperimentArn', 'TrialArn'];

/** An answer of so many entities about a dataset of a generated account: nearest first, whichever way associations point. */
export function accountAnswer(count) {
  const { vertices, neighbours } = account();
  const start = exampleDataset(ACCOUNT);
  const reached = new Map([[start, { depth: 0 }]]);
  for (const [id, { depth }] of reached) {
    for (const edge of neighbours.get(id) ?? []) {
      const end = edge.from === id ? edge.to : edge.from;
      if (reached.size <= count && !reached.has(end)) reached.set(end, { depth: depth + 1, via: edge });
    }
  }
  const edges = [...reached.keys()].flatMap((id) =>
    (neighbours.get(id) ?? []).filter(({ from, to }) => from === id && reached.has(to)),
  );
  const [first, ...others] = [...reached].map(([id, way]) => ({ ...vertexOf(vertices, id), ...way }));
  return {
    question: 'connected',
    direction: 'both',
    start: first,
    source: { graph: 'a generated account' },
    filter: { kinds: [], types: [] },
    limits: { membership: false, collapsed: false },
    complete: true,
    reached: others.length,
    vertices: others,
    between: [],
    edges: [...new Map(edges.map((edge) => [edge.id, edge])).values()],
    cycles: [],
  };
}

let known;

function account() {
  known ??= readAccount();
  return known;
}

function readAccount() {
  const vertices = new Map();
  const neighbours = new Map();
  for (const record of generateLineage(ACCOUNT)) {
    const arn = ARN.map((name) => record[name]).find((value) => value !== undefined);
    if (record.SourceArn !== undefined) addEdge(neighbours, record);
    else if (arn !== undefined) vertices.set(arn, vertexFrom(arn, record));
  }
  return { vertices, neighbours };
}

function addEdge(neighbours, { SourceArn: from, DestinationArn: to, AssociationType: label = 'Untyped' }) {
  const edge = { id: edgeId(from, label, to), from, to, label };
  for (const end of [from, to]) neighbours.set(end, [...(neighbours.get(end) ?? []), edge]);
}

function vertexFrom(id, record) {
  const { kind, CreationTime, LastModifiedTime } = record;
  const properties = {
    arn: id,
    type: record.ArtifactType ?? record.ActionType ?? record.ContextType ?? record.Source?.SourceType,
    name: record.ArtifactName ?? record.ActionName ?? record.ContextName ?? record.TrialComponentName,
    sourceuri: record.Source?.SourceUri,
    creationtime: new Date(CreationTime).toISOString(),
    LastModifiedTime: new Date(LastModifiedTime).toISOString(),
  };
  const entries = Object.entries(properties).filter(([, value]) => value !== undefined);
  return { id, label: kind, properties: Object.fromEntries(entries) };
}

function vertexOf(vertices, id) {
  return vertices.get(id) ?? { id, label: 'external', properties: { arn: id } };
}
