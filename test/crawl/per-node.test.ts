import { expect, test } from 'vitest';
import { createIdSet } from '../../src/crawl/id-set.ts';
import { inOrder } from '../../src/crawl/in-order.ts';
import { edgeRows, vertexRows } from '../../src/crawl/listings.ts';
import { isAssociable, nodeEdges, perNodeEdges } from '../../src/crawl/per-node.ts';
import { LISTED_KINDS } from '../../src/graph/kinds.ts';
import { compareRows, type EdgeRow } from '../../src/graph/rows.ts';
import type { AssociationRecord } from '../../src/sandbox/records.ts';
import { withScript } from './scripted-sagemaker.ts';
import { generated, HOME, type ServedAccount, servedAccount } from './served-account.ts';

const OWN = `arn:aws:sagemaker:${HOME.region}:${HOME.account}`;
const HUB = `${OWN}:context/hub`;

async function collect(batches: AsyncIterable<readonly EdgeRow[]>): Promise<EdgeRow[]> {
  const rows: EdgeRow[] = [];
  for await (const batch of batches) rows.push(...batch);
  return rows;
}

async function nodesOf({ clients }: ServedAccount): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const kind of LISTED_KINDS) {
    for await (const batch of vertexRows(kind, clients)) ids.push(...batch.map(({ id }) => id));
  }
  return ids;
}

function idSet(ids: readonly string[]) {
  const set = createIdSet();
  for (const id of ids) set.add(id);
  return set;
}

/** Associations from so many sources to the hub, a second apart but for three at a time. */
function spokes(count: number): AssociationRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    kind: 'association',
    SourceArn: `${OWN}:action/spoke-${index}`,
    DestinationArn: HUB,
    CreationTime: 1_700_000_000_000 + Math.floor(index / 3) * 1_000,
  }));
}

test('asked at both ends, the listed nodes give every association of the sweep, once', async () => {
  const served = await servedAccount(generated(400, 9));
  const { clients, log } = served;
  const nodes = await nodesOf(served);
  const sweep = await collect(edgeRows('association', clients));
  const before = log.calls('sagemaker', 'ListAssociations');
  const pages: number[] = [];

  const edges = await collect(
    perNodeEdges(clients, nodes, { listed: idSet(nodes), onPage: ({ number }) => pages.push(number) }),
  );

  expect(edges.toSorted(compareRows)).toEqual(sweep.toSorted(compareRows));
  const associable = nodes.filter(isAssociable).length;
  expect(associable).toBeLessThan(nodes.length);
  expect(pages.filter((number) => number === 1)).toHaveLength(2 * associable);
  expect(log.calls('sagemaker', 'ListAssociations') - before).toBe(pages.length);
});

test('without the ids of the nodes, an association comes once for each end, and adjoins its copy once sorted', async () => {
  const served = await servedAccount(generated(400, 9));
  const nodes = await nodesOf(served);
  const listed = idSet(nodes);
  const sweep = await collect(edgeRows('association', served.clients));

  const edges = await collect(perNodeEdges(served.clients, nodes));
  const sorted = await collect(inOrder(batchesOf(edges.toSorted(compareRows))));

  const ends = sweep.flatMap(({ from, to }) => [from, to]).filter((end) => listed.has(end) !== 'absent');
  expect(edges).toHaveLength(ends.length);
  expect(sorted).toEqual(sweep.toSorted(compareRows));
});

test('asked at the destination alone, what leads out of the nodes is not found', async () => {
  const served = await servedAccount(generated(400, 9));
  const nodes = await nodesOf(served);
  const listed = idSet(nodes);
  const sweep = await collect(edgeRows('association', served.clients));

  const edges = await collect(perNodeEdges(served.clients, nodes, { ends: 'destination' }));

  const within = sweep.filter(({ to }) => listed.has(to) !== 'absent');
  expect(within.length).toBeLessThan(sweep.length);
  expect(edges.toSorted(compareRows)).toEqual(within.toSorted(compareRows));
});

test('an association with a destination spelled otherwise than listed is kept where it is found', async () => {
  const association = { SourceArn: `${OWN}:action/a`, DestinationArn: HUB, CreationTime: 1 };
  const nodes = [association.SourceArn, `${OWN}:context/Hub`];

  const edges = await withScript(
    ({ input }) => ({
      json: { AssociationSummaries: input.SourceArn === association.SourceArn ? [association] : [] },
    }),
    ({ clients }) => collect(perNodeEdges(clients, nodes, { listed: idSet(nodes) })),
  );

  expect(edges.map(({ from, to }) => [from, to])).toEqual([[association.SourceArn, HUB]]);
});

test('every page of a node is read, a hundred at a time, where the sweep is refused', async () => {
  const { clients, log } = await servedAccount(spokes(250), {
    faults: [{ operation: 'ListAssociations', fault: 'refused-sweep' }],
  });

  const edges = await collect(perNodeEdges(clients, [HUB]));

  expect(edges).toHaveLength(250);
  expect(log.calls('sagemaker', 'ListAssociations')).toBe(4);
});

test('a refused page token makes the node begin anew, where it was', async () => {
  const faults = [{ operation: 'ListAssociations', fault: 'expired-token' as const, at: [2, 4] }];
  const { clients, log } = await servedAccount(spokes(250), { faults });

  const edges = await collect(nodeEdges(clients, HUB, 'destination'));

  expect(new Set(edges.map(({ id }) => id)).size).toBe(250);
  // Both refusals come behind the first of three that share a millisecond.
  expect(edges).toHaveLength(250 + 1 + 1);
  expect(log.calls('sagemaker', 'ListAssociations')).toBe(5);
});

test('a page token that is refused where more share a millisecond than a page holds is an error', async () => {
  const tied = spokes(150).map((spoke) => ({ ...spoke, CreationTime: 1_700_000_000_000 }));
  const faults = [{ operation: 'ListAssociations', fault: 'expired-token' as const }];
  const { clients, log } = await servedAccount(tied, { faults });

  await expect(collect(nodeEdges(clients, HUB, 'destination'))).rejects.toMatchObject({
    outcome: 'partialExport',
    details: { operation: 'ListAssociations', page: 2, arn: HUB, error: 'ValidationException' },
  });
  expect(log.calls('sagemaker', 'ListAssociations')).toBe(4);
});

test('a window cuts the associations of a node', async () => {
  const { clients } = await servedAccount(spokes(250));
  const window = { from: new Date(1_700_000_010_000), to: new Date(1_700_000_020_000) };

  const edges = await collect(perNodeEdges(clients, [HUB], { window }));

  expect(edges.map(({ orderMs }) => orderMs)).toEqual(
    Array.from({ length: 30 }, (_, index) => 1_700_000_010_000 + Math.floor(index / 3) * 1_000),
  );
});

test('an entity that is gone has no associations, and is told', async () => {
  const gone: string[] = [];
  const association = { SourceArn: `${OWN}:action/a`, DestinationArn: HUB, CreationTime: 1 };

  const edges = await withScript(
    ({ input }) =>
      input.DestinationArn === HUB || input.SourceArn === HUB
        ? { json: { AssociationSummaries: input.DestinationArn === HUB ? [association] : [] } }
        : { error: 'ResourceNotFound' },
    ({ clients }) =>
      collect(
        perNodeEdges(clients, [`${OWN}:action/gone`, HUB], {
          onGone: (arn) => gone.push(arn),
          concurrency: 1,
        }),
      ),
  );

  expect(edges.map(({ from, to }) => [from, to])).toEqual([[`${OWN}:action/a`, HUB]]);
  expect(gone).toEqual([`${OWN}:action/gone`, `${OWN}:action/gone`]);
});

test.each([
  ['error-500', 'partialExport'],
  ['denied', 'accessDenied'],
] as const)('%s for good ends the asking with an error that names the node', async (fault, outcome) => {
  const { clients } = await servedAccount(spokes(3), {
    faults: [{ operation: 'ListAssociations', fault }],
  });

  await expect(collect(perNodeEdges(clients, [HUB]))).rejects.toMatchObject({
    outcome,
    details: { operation: 'ListAssociations', page: 1, arn: HUB },
  });
});

test('a signal ends the asking', async () => {
  const stop = new AbortController();
  const { clients, log } = await servedAccount(spokes(3));
  const nodes = Array.from({ length: 100 }, (_, index) => `${OWN}:action/spoke-${index}`);
  const options = { concurrency: 2, signal: stop.signal, onPage: () => stop.abort() };

  await expect(collect(perNodeEdges(clients, nodes, options))).rejects.toMatchObject({
    outcome: 'interrupted',
  });
  expect(log.calls('sagemaker', 'ListAssociations')).toBeLessThanOrEqual(2);
});

async function* batchesOf(rows: readonly EdgeRow[]): AsyncGenerator<readonly EdgeRow[]> {
  yield rows;
}
