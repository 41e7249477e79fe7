import type { FeedRecord, FeedRow, RowProblem, RowProperty } from './csv-feed.ts';
import { type GraphSonValue, valueKey } from './graphson.ts';
import type { ElementChange, ElementKind, GraphElement } from './load-graph.ts';
import { type LoadCounters, noCounts } from './load-status.ts';

type RecordProblem = RowProblem & { readonly recordNum: number };

export type BatchInput = {
  readonly kind: ElementKind;
  readonly records: readonly FeedRecord[];
  /** Those elements that the batch names and the graph has. */
  readonly existing: ReadonlyMap<string, GraphElement>;
  /** Vertices of the graph that the batch's edges name; for a batch of edges. */
  readonly vertices: ReadonlySet<string>;
  readonly updateSingleCardinalityProperties: boolean;
  /** Whether the first problem is the last record that is looked at. */
  readonly failOnError: boolean;
};

export type BatchOutcome = {
  readonly changes: readonly ElementChange[];
  readonly counters: Readonly<LoadCounters>;
  readonly problems: readonly RecordProblem[];
};

/**
 * What a batch of lines does to the graph, by the loader's rules: labels and set values add up, a second value of a single
 * property replaces the first or is an error, equal records are duplicates, an edge keeps its ends (Neptune user guide,
 * "Load data format for Gremlin" and "Neptune loader command").
 */
export function decideBatch(input: BatchInput): BatchOutcome {
  const drafts = new Map<string, Draft>();
  const counters = noCounts();
  const problems: RecordProblem[] = [];
  for (const record of input.records) {
    const found = [...record.problems];
    if (record.row !== undefined && !(input.failOnError && found.length > 0)) {
      const refused = refusal(record.row, draftOf(record.row, drafts, input), input);
      if (refused === undefined) found.push(...applyRow(record.row, drafts, input, counters));
      else found.push(refused);
    }
    const reported = input.failOnError ? found.slice(0, 1) : found;
    for (const problem of reported) {
      counters.totalRecords += 1;
      counters[problem.counter] += 1;
      // Only what cannot be parsed is told by its line's number (Neptune user guide, "errorLogs response object").
      problems.push({ ...problem, recordNum: problem.counter === 'insertErrors' ? 0 : record.recordNum });
    }
    if (input.failOnError && reported.length > 0) break;
  }
  return { changes: changesOf(drafts), counters, problems };
}

/** An element while a batch changes it. */
type Draft = {
  readonly before: GraphElement | undefined;
  labels: readonly string[];
  ends: GraphElement['ends'];
  readonly properties: Map<string, readonly GraphSonValue[]>;
};

/** The element as the lines before left it; a new one is kept only once a line has been applied to it. */
function draftOf(
  row: FeedRow,
  drafts: ReadonlyMap<string, Draft>,
  { existing }: BatchInput,
): Draft | undefined {
  const draft = drafts.get(row.id);
  if (draft !== undefined) return draft;
  const before = existing.get(row.id);
  if (before === undefined) return undefined;
  return { before, labels: before.labels, ends: before.ends, properties: new Map(before.properties) };
}

/** Why an edge is not loaded at all. */
function refusal(row: FeedRow, draft: Draft | undefined, { vertices }: BatchInput): RowProblem | undefined {
  if (row.ends === undefined) return undefined;
  const { from, to } = row.ends;
  const missing = [from, to].filter((id) => !vertices.has(id));
  if (missing.length > 0) {
    // As the loader words it, which names both ends, the present one too.
    const message = `Either from vertex, '${from}', or to vertex, '${to}', is not present.`;
    return { counter: 'insertErrors', code: 'FROM_OR_TO_VERTEX_ARE_MISSING', message };
  }
  if (draft === undefined) return undefined;
  if (draft.ends?.from === from && draft.ends.to === to && draft.labels[0] === row.labels[0])
    return undefined;
  const message = `Edge ${row.id} already goes from ${draft.ends?.from} to ${draft.ends?.to} as ${draft.labels[0]}`;
  return { counter: 'insertErrors', code: 'ID_ASSIGNED_TO_MULTIPLE_EDGES', message };
}

function applyRow(
  row: FeedRow,
  drafts: Map<string, Draft>,
  input: BatchInput,
  counters: LoadCounters,
): readonly RowProblem[] {
  const draft: Draft = draftOf(row, drafts, input) ?? {
    before: undefined,
    labels: [],
    ends: row.ends,
    properties: new Map(),
  };
  drafts.set(row.id, draft);
  const newLabels = row.labels.filter((label) => !draft.labels.includes(label));
  draft.labels = [...draft.labels, ...newLabels];
  counters.totalRecords += row.labels.length;
  counters.totalDuplicates += row.labels.length - newLabels.length;

  const problems: RowProblem[] = [];
  for (const property of row.properties) {
    for (const value of property.values) {
      const problem = applyValue(draft, row, property, value, input, counters);
      if (problem !== undefined) problems.push(problem);
      if (problem !== undefined && input.failOnError) return problems;
    }
  }
  return problems;
}

function applyValue(
  draft: Draft,
  row: FeedRow,
  { name, single }: RowProperty,
  value: GraphSonValue,
  { updateSingleCardinalityProperties }: BatchInput,
  counters: LoadCounters,
): RowProblem | undefined {
  const held = draft.properties.get(name) ?? [];
  const isHeld = held.some((other) => valueKey(other) === valueKey(value));
  if (single && held.length > 0 && !(isHeld && held.length === 1) && !updateSingleCardinalityProperties) {
    const message = `${row.ends === undefined ? 'Vertex' : 'Edge'} ${row.id} already has another value of ${name}`;
    return { counter: 'insertErrors', code: 'SINGLE_CARDINALITY_VIOLATION', message };
  }
  counters.totalRecords += 1;
  if (isHeld && !(single && held.length > 1)) {
    counters.totalDuplicates += 1;
    return undefined;
  }
  draft.properties.set(name, single ? [value] : [...held, value]);
  return undefined;
}

function changesOf(drafts: ReadonlyMap<string, Draft>): readonly ElementChange[] {
  const changes: ElementChange[] = [];
  for (const [id, { before, labels, ends, properties }] of drafts) {
    const isSame =
      before !== undefined &&
      before.labels.length === labels.length &&
      before.properties.size === properties.size &&
      [...properties].every(([name, values]) => before.properties.get(name) === values);
    if (isSame) continue;
    changes.push({ id, before, after: { labels, properties, ...(ends !== undefined && { ends }) } });
  }
  return changes;
}
