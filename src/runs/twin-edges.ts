import { parseArn } from '../graph/arn.ts';
import { edgeId } from '../graph/ids.ts';
import { compareRows, type EdgeRow, type VertexRow } from '../graph/rows.ts';
import { createIdCollector, keyText } from './repeated-ids.ts';

/** An edge between twins, and the id of the one that would lead the other way. */
export type TwinEdge = { readonly edge: EdgeRow; readonly reverseId: string };

type Artifact = VertexRow<'artifact'>;

/** The label of the associations that SageMaker itself makes between twins. */
const SAME_AS = 'SameAs';

/** What stands in `createdby` of an edge that SageMaker does not have: its own values name users. */
const INFERRED = '{"Inferred":"twins"}';

/**
 * Edges between artifacts that two accounts have in common: SageMaker makes their id, 32 hex digits, of their source, so that it
 * is the same in both. It makes `SameAs` associations of its own only where one account shares with the other before the
 * second artifact is made (developer guide, "Cross-account lineage tracking"). Each artifact is joined to the oldest of
 * another account, from the older to the younger. An edge has the id that SageMaker's own association would have, which takes
 * its place once it is listed.
 *
 * @param artifacts all of them, as often as it is called: memory holds 8 bytes for each, and the rows of twins
 */
export async function twinEdges(artifacts: () => AsyncIterable<Artifact>): Promise<readonly TwinEdge[]> {
  const ids = createIdCollector();
  for await (const { id } of artifacts()) {
    const key = keyOf(id);
    if (key !== undefined) ids.add(key);
  }
  const repeated = ids.repeated();
  const groups = new Map<string, Artifact[]>();
  for await (const artifact of repeated.size === 0 ? [] : artifacts()) {
    const key = keyOf(artifact.id);
    if (key === undefined || !repeated.has(keyText(key))) continue;
    const { resourceId = '' } = parseArn(artifact.id) ?? {};
    groups.set(resourceId, [...(groups.get(resourceId) ?? []), artifact]);
  }
  const edges = [...groups.values()].flatMap(edgesWithin);
  return [...new Map(edges.map((twin) => [twin.edge.id, twin])).values()];
}

const TWIN_ID = /^[0-9a-f]{32}$/;

/** The first 64 bits of an artifact's id, where SageMaker made it. */
function keyOf(arn: string): readonly [number, number] | undefined {
  const { resourceId = '' } = parseArn(arn) ?? {};
  if (!TWIN_ID.test(resourceId)) return undefined;
  return [Number.parseInt(resourceId.slice(0, 8), 16), Number.parseInt(resourceId.slice(8, 16), 16)];
}

function edgesWithin(group: readonly Artifact[]): readonly TwinEdge[] {
  const byAge = group.toSorted(compareRows);
  return byAge.flatMap((artifact) => {
    const other = byAge.find(({ cells }) => cells.account !== artifact.cells.account);
    return other === undefined ? [] : [twinEdge([artifact, other].toSorted(compareRows))];
  });
}

function twinEdge([older, younger]: readonly Artifact[]): TwinEdge {
  if (older === undefined || younger === undefined) throw new TypeError('Expected two artifacts.');
  return {
    edge: {
      id: edgeId(older.id, SAME_AS, younger.id),
      from: older.id,
      to: younger.id,
      label: SAME_AS,
      orderMs: younger.orderMs,
      cells: {
        creationtime: undefined,
        sourcetype: older.cells.type,
        destinationtype: younger.cells.type,
        sourcename: older.cells.name,
        destinationname: younger.cells.name,
        createdby: INFERRED,
      },
    },
    reverseId: edgeId(younger.id, SAME_AS, older.id),
  };
}
