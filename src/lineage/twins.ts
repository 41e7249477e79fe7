import { arnKey, kindOfArn, parseArn } from '../graph/arn.ts';
import type { Edge } from '../graph/elements.ts';
import { edgeId } from '../graph/ids.ts';
import type { LineageGraph } from './graph.ts';
import { compareText } from './order.ts';

/** Which vertices count as one. Without `collapse`, each is its own. */
export type Twins = {
  /** Looks for the twins of these vertices; gives the vertices that now stand for them. */
  merged(ids: readonly string[]): Promise<readonly string[]>;
  /** The vertex that stands for this one. */
  one(id: string): string;
  /** All vertices that these stand for, themselves too. */
  membersOf(ids: readonly string[]): readonly string[];
  /** Those that a vertex stands for, without itself, sorted. */
  of(id: string): readonly string[];
  /** An edge between the vertices that stand for its ends; undefined where it joins twins. */
  joined(edge: Edge): Edge | undefined;
};

type TwinsOptions = { readonly collapse?: boolean | undefined; readonly signal?: AbortSignal | undefined };

/**
 * SageMaker tracks one S3 object in each account that uses it, as artifacts with one id, joined by `SameAs` associations
 * (developer guide, "Cross-account lineage tracking"). The SDK collapses them after its query, so that it does not walk
 * across one that points the other way; here they are one vertex during the walk, and cost no step. The vertex of the
 * start's account stands for them, else the first by id.
 */
export function createTwins(graph: LineageGraph, start: string, { collapse, signal }: TwinsOptions): Twins {
  if (collapse !== true) return EACH_ITS_OWN;
  const representative = new Map<string, string>();
  const members = new Map<string, readonly string[]>();
  const home = parseArn(start)?.account;
  const one = (id: string) => representative.get(id) ?? id;

  /** `SameAs` edges of these vertices, of their twins, of the twins' twins …, whichever way they point. */
  async function sameAsEdges(ids: readonly string[]): Promise<readonly Edge[]> {
    const known = new Set(ids);
    const found: Edge[] = [];
    for (let fresh = ids; fresh.length > 0; ) {
      const entering = await graph.edges(fresh, 'upstream', { signal });
      const leaving = await graph.edges(fresh, 'downstream', { signal });
      const joining = [...entering, ...leaving].filter(joinsTwins);
      found.push(...joining);
      fresh = [...new Set(joining.flatMap(({ from, to }) => [from, to]))].filter((id) => !known.has(id));
      for (const id of fresh) known.add(id);
    }
    return found;
  }

  function standFor(group: readonly string[]): string {
    const sorted = group.toSorted(compareText);
    const first = sorted.find((id) => id === start) ?? sorted.find((id) => parseArn(id)?.account === home);
    return first ?? sorted[0] ?? '';
  }

  return {
    one,
    of: (id) => (members.get(id) ?? []).filter((member) => member !== id),
    membersOf: (ids) => ids.flatMap((id) => members.get(id) ?? [id]),
    async merged(ids) {
      const fresh = ids.filter((id) => !representative.has(id) && kindOfArn(id) === 'artifact');
      for (const group of groupsOf(await sameAsEdges(fresh))) {
        const first = standFor(group);
        for (const id of group) representative.set(id, first);
        members.set(first, group.toSorted(compareText));
      }
      return [...new Set(ids.map(one))];
    },
    joined(edge) {
      const [from, to] = [one(edge.from), one(edge.to)];
      if (from === edge.from && to === edge.to) return edge;
      if (from === to && joinsTwins(edge)) return undefined;
      return { id: edgeId(from, edge.label, to), from, to, label: edge.label };
    },
  };
}

const EACH_ITS_OWN: Twins = {
  merged: async (ids) => ids,
  one: (id) => id,
  membersOf: (ids) => ids,
  of: () => [],
  joined: (edge) => edge,
};

/** The vertices that edges join, each group once. */
function groupsOf(edges: readonly Edge[]): readonly (readonly string[])[] {
  const groupOf = new Map<string, Set<string>>();
  for (const { from, to } of edges) {
    const [mine, theirs] = [groupOf.get(from) ?? new Set([from]), groupOf.get(to) ?? new Set([to])];
    for (const id of theirs) mine.add(id);
    for (const id of mine) groupOf.set(id, mine);
  }
  return [...new Set(groupOf.values())].map((group) => [...group]);
}

/** The SDK's own condition: artifacts of one id under two ARNs. */
function joinsTwins({ from, to, label }: Edge): boolean {
  if (label !== SAME_AS || arnKey(from) === arnKey(to)) return false;
  const [source, destination] = [parseArn(from), parseArn(to)];
  return (
    kindOfArn(from) === 'artifact' &&
    kindOfArn(to) === 'artifact' &&
    source?.resourceId.toLowerCase() === destination?.resourceId.toLowerCase()
  );
}

export const SAME_AS = 'SameAs';
