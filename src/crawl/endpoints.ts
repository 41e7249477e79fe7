import { arnKey, parseArn } from '../graph/arn.ts';
import { edgeId } from '../graph/ids.ts';
import { isMembershipLabel } from '../graph/kinds.ts';
import type { EdgeRow, VertexRow } from '../graph/rows.ts';
import { owner } from './cells.ts';
import type { IdSet } from './id-set.ts';
import { siblingArn } from './membership.ts';

/** Settles to which vertices edges lead. Its answers depend on the order of the edges alone. */
export type Endpoints = {
  /** The edge between vertices that exist: listed ones in their listed spelling, external ones for all others. */
  resolve(edge: EdgeRow): EdgeRow;
  /** The external vertices that the edges so far lead to, in the order of their file. */
  externals(): readonly VertexRow<'external'>[];
  /**
   * Keys of ends whose listed spelling was not among `spellings`: find them with `spellingsIn` and resolve once more,
   * from the first edge.
   */
  readonly wanted: ReadonlySet<string>;
};

/**
 * @param listed the ids of all listed vertices
 * @param spellings listed ids by the `arnKey` of an end that spells them otherwise
 */
export function createEndpoints(listed: IdSet, spellings: ReadonlyMap<string, string>): Endpoints {
  const wanted = new Set<string>();
  const externals = new Map<string, External>();

  function listedSpelling(id: string, isName: boolean): string | undefined {
    const known = listed.has(id);
    if (known === 'exact') return id;
    const key = arnKey(id);
    // SageMaker's own habit since 2022: ARNs in lower case, whatever the case of the name.
    if (known === 'otherCase' && listed.has(key) === 'exact') return key;
    const spelling = spellings.get(key);
    if (spelling === undefined && (known === 'otherCase' || isName)) wanted.add(key);
    return spelling;
  }

  function externalId(id: string, described: { type: string | undefined; name: string | undefined }): string {
    const key = arnKey(id);
    const external = externals.get(key) ?? { id, ...described };
    externals.set(key, {
      id: external.id,
      type: external.type ?? described.type,
      name: external.name ?? described.name,
    });
    return external.id;
  }

  return {
    wanted,
    resolve(edge) {
      const { cells } = edge;
      const isMembership = isMembershipLabel(edge.label);
      const from =
        listedSpelling(edge.from, isMembership) ??
        externalId(edge.from, {
          type: cells.sourcetype,
          name: isMembership ? parseArn(edge.from)?.resourceId : cells.sourcename,
        });
      const to =
        listedSpelling(edge.to, false) ??
        externalId(edge.to, { type: cells.destinationtype, name: cells.destinationname });
      if (from === edge.from && to === edge.to) return edge;
      return { ...edge, id: edgeId(from, edge.label, to), from, to };
    },
    externals: () => [...externals.values()].map(externalRow).sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

/** The spellings of the wanted keys among listed vertices: by ARN, and for experiments and trials by name too. */
export async function spellingsIn(
  vertices: AsyncIterable<VertexRow>,
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const spellings = new Map<string, string>();
  for await (const { kind, id, cells } of vertices) {
    const named =
      (kind === 'experiment' || kind === 'trial') && cells.name !== undefined
        ? siblingArn(id, kind, cells.name)
        : id;
    for (const key of [arnKey(id), arnKey(named)]) {
      if (wanted.has(key) && !spellings.has(key)) spellings.set(key, id);
    }
  }
  return spellings;
}

type External = { readonly id: string; readonly type: string | undefined; readonly name: string | undefined };

function externalRow({ id, type, name }: External): VertexRow<'external'> {
  return {
    kind: 'external',
    id,
    orderMs: 0,
    cells: { arn: id, type, name, ...owner(id) },
  };
}
