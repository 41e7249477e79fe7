import type { Answer } from '../../graph/answer.ts';
import type { Kind } from '../../graph/kinds.ts';
import { answerSummary } from '../answer-table.ts';
import { type DrawnVertex, drawnGraph } from '../drawn-graph.ts';
import { kindOfLabel } from '../kind-styles.ts';
import { vertexName } from '../vertex-name.ts';

/** A vertex as the page holds it. */
export type PageVertex = {
  readonly id: string;
  readonly kind: Kind;
  readonly type: string;
  readonly name: string;
  readonly depth: number;
  readonly role: DrawnVertex['role'];
  /** Id of the neighbour by which it was reached. */
  readonly parent?: string;
  /** Properties, and what else there is to tell, in the order to show them. */
  readonly properties: Readonly<Record<string, string | number>>;
  /** Served pages: how many associations it has in the graph, shown or not. */
  readonly links?: number;
};

/** From, to, label. Ends as numbers of `vertices`. */
type PageEdge = readonly [number, number, string];

/** All that a page knows: what its script reads from the document. */
export type PageData = {
  /** `What made ` and the like, before the name of the start. */
  readonly asks: string;
  readonly direction: Answer['direction'];
  readonly summary: string;
  readonly complete: boolean;
  readonly incompleteReason?: string;
  /** What is known of the answer and of the graph that it comes from: name and value. */
  readonly facts: readonly (readonly [string, string])[];
  readonly cycles: number;
  /** The start is the first. */
  readonly vertices: readonly PageVertex[];
  readonly edges: readonly PageEdge[];
  /** Whether a server stands behind the page that gives the neighbours of a vertex. */
  readonly live?: true;
};

/** @param askedAt when the question was asked; not said where it is not given. */
export function pageData(
  answer: Answer,
  { askedAt }: { readonly askedAt?: Date | undefined } = {},
): PageData {
  const { vertices, edges } = drawnGraph(answer);
  const index = new Map(vertices.map(({ id }, at) => [id, at]));
  const parents = new Map(
    [...answer.vertices, ...answer.between].map(({ id, via }) => [id, via.from === id ? via.to : via.from]),
  );
  const { direction, complete, incompleteReason } = answer;
  return {
    asks: ASKS[direction],
    direction,
    summary: answerSummary(answer),
    complete,
    ...(incompleteReason === undefined ? {} : { incompleteReason }),
    facts: factsOf(answer, askedAt),
    cycles: answer.cycles.length,
    vertices: vertices.map((vertex) => pageVertex(vertex, parents.get(vertex.id))),
    edges: edges.map(({ from, to, label }): PageEdge => [index.get(from) ?? 0, index.get(to) ?? 0, label]),
  };
}

type LiveOptions = {
  readonly askedAt: Date;
  /** How many associations each vertex has in the graph. */
  readonly links: ReadonlyMap<string, number>;
  /** Why the graph itself may lack something. */
  readonly graphLacks: string | undefined;
};

/** As {@link pageData}, of a page that loads more on demand: no limit of its first answer makes it incomplete. */
export function livePageData(answer: Answer, { askedAt, links, graphLacks }: LiveOptions): PageData {
  const { incompleteReason, ...data } = pageData(answer, { askedAt });
  return {
    ...data,
    asks: 'Around',
    complete: graphLacks === undefined,
    ...(graphLacks === undefined ? {} : { incompleteReason: graphLacks }),
    vertices: data.vertices.map((vertex) => ({ ...vertex, links: links.get(vertex.id) ?? 0 })),
    live: true,
  };
}

const ASKS = {
  upstream: 'What made',
  downstream: 'What depends on',
  both: 'Everything connected with',
} as const;

export function pageVertex(vertex: DrawnVertex, parent?: string): PageVertex {
  const { id, label, depth, role, properties, twins } = vertex;
  const { arn, name, type, ...others } = properties;
  return {
    id,
    kind: kindOfLabel(label),
    type: String(type ?? ''),
    name: vertexName(vertex),
    depth,
    role,
    ...(parent === undefined ? {} : { parent }),
    properties: {
      ...(name === undefined ? {} : { name }),
      ...(type === undefined ? {} : { type }),
      kind: label,
      ...others,
      ...(twins === undefined || twins.length === 0 ? {} : { 'same as': twins.join('\n') }),
    },
  };
}

function factsOf(
  { source, filter, limits, reached, vertices, start, foreign, unmatched }: Answer,
  askedAt: Date | undefined,
) {
  const { properties = {}, ...filters } = filter;
  const facts: readonly (readonly [string, unknown])[] = [
    ['Start', start.id],
    ['Entities reached', reached.toLocaleString('en-US')],
    ['Shown', vertices.length.toLocaleString('en-US')],
    ['Of accounts not exported', foreign],
    ['Types that nothing is of', unmatched?.map(({ type }) => type)],
    ['Run', source.run],
    ['Run finished', source.finishedAt],
    ['Asked', askedAt?.toISOString()],
    ['Graph', source.graph],
    ...Object.entries(filters).map(([name, value]) => [`Filter: ${FILTERS[name] ?? name}`, value] as const),
    ...Object.entries(properties).map(([name, value]) => [`Filter: property ${name}`, value] as const),
    ['Depth at most', limits.maxDepth],
    ['Entities at most', limits.maxVertices],
    ['Walked through only', limits.through],
    ['Stopped at', limits.stopAt],
    ['Membership followed', limits.membership || undefined],
    ['Twins counted as one', limits.collapsed || undefined],
  ];
  return facts.flatMap(([name, value]): readonly [string, string][] => {
    const text = Array.isArray(value) ? value.join(', ') : value === true ? 'yes' : String(value ?? '');
    return text === '' ? [] : [[name, text]];
  });
}

const FILTERS: Readonly<Record<string, string>> = {
  kinds: 'kinds',
  types: 'types',
  sourceTypes: 'source types',
  createdAfter: 'created after',
  createdBefore: 'created before',
  modifiedAfter: 'modified after',
  modifiedBefore: 'modified before',
};
