import { DeleteAssociationCommand } from '@aws-sdk/client-sagemaker';
import { expect, test } from 'vitest';
import { assertSameEdges, type CrossCheck, crossCheck } from '../../src/crawl/cross-check.ts';
import { edgeRows, vertexRows } from '../../src/crawl/listings.ts';
import { isAssociable } from '../../src/crawl/per-node.ts';
import { createSample } from '../../src/crawl/sample.ts';
import type { LineageError } from '../../src/errors.ts';
import { LISTED_KINDS } from '../../src/graph/kinds.ts';
import type { EdgeRow } from '../../src/graph/rows.ts';
import type { AssociationRecord } from '../../src/sandbox/records.ts';
import { type Answer, type Call, withScript } from './scripted-sagemaker.ts';
import { generated, HOME, type ServedAccount, servedAccount } from './served-account.ts';

const OWN = `arn:aws:sagemaker:${HOME.region}:${HOME.account}`;
const HUB = `${OWN}:context/hub`;
const SWEPT_AT = new Date('2025-07-01T00:00:00Z');
/** Associations made before this moment must be found both ways. */
const SETTLED = SWEPT_AT.getTime() - 7 * 60_000;

async function sweep({ clients }: Pick<ServedAccount, 'clients'>): Promise<readonly EdgeRow[]> {
  const edges: EdgeRow[] = [];
  for await (const batch of edgeRows('association', clients)) edges.push(...batch);
  return edges;
}

async function* inBatches(edges: readonly EdgeRow[]): AsyncGenerator<readonly EdgeRow[]> {
  for (let start = 0; start < edges.length; start += 100) yield edges.slice(start, start + 100);
}

function checked(
  { clients }: Pick<ServedAccount, 'clients'>,
  nodes: readonly string[],
  swept: readonly EdgeRow[],
) {
  return crossCheck({ clients, nodes, sweepEdges: () => inBatches(swept), sweepStartedAt: SWEPT_AT });
}

async function sampleOf({ clients }: ServedAccount, size: number): Promise<readonly string[]> {
  const sample = createSample(size, 1);
  for (const kind of LISTED_KINDS) {
    for await (const batch of vertexRows(kind, clients)) {
      for (const { id } of batch) if (isAssociable(id)) sample.add(id);
    }
  }
  return sample.ids();
}

/** A SageMaker whose sweep alone gives these. */
function sweepOnly(AssociationSummaries: readonly unknown[]): (call: Call) => Answer {
  return ({ input }) => {
    const isSweep = input.SourceArn === undefined && input.DestinationArn === undefined;
    return { json: { AssociationSummaries: isSweep ? AssociationSummaries : [] } };
  };
}

function spoke(name: string, CreationTime: number): AssociationRecord {
  return { kind: 'association', SourceArn: `${OWN}:action/${name}`, DestinationArn: HUB, CreationTime };
}

const agreed = (given: Partial<CrossCheck>): CrossCheck => ({
  nodes: 1,
  edges: 0,
  missingFromSweep: [],
  missingFromNodes: [],
  createdMeanwhile: 0,
  deletedMeanwhile: 0,
  ...given,
});

test('a sweep of all agrees with any sample of nodes', async () => {
  const served = await servedAccount(generated(400, 9));
  const nodes = await sampleOf(served, 50);
  const swept = await sweep(served);

  const check = await checked(served, nodes, swept);

  const atNodes = swept.filter(({ from, to }) => nodes.includes(from) || nodes.includes(to));
  expect(atNodes.length).toBeGreaterThan(50);
  expect(check).toEqual(agreed({ nodes: 50, edges: atNodes.length }));
  expect(() => assertSameEdges(check)).not.toThrow();
});

test('what the sweep hides is found at the nodes, and is an error that names it', async () => {
  const whole = await servedAccount(generated(400, 9));
  const short = await servedAccount(generated(400, 9), {
    faults: [{ operation: 'ListAssociations', fault: 'short-sweep' }],
  });
  const nodes = await sampleOf(short, 50);
  const [all, swept] = [await sweep(whole), await sweep(short)];

  const check = await checked(short, nodes, swept);

  const known = new Set(swept.map(({ id }) => id));
  const atNodes = all.filter(({ from, to }) => nodes.includes(from) || nodes.includes(to));
  const hidden = atNodes.filter(({ id }) => !known.has(id));
  expect(hidden.length).toBeGreaterThan(3);
  expect({ ...check, missingFromSweep: new Set(check.missingFromSweep) }).toEqual({
    ...agreed({ nodes: 50, edges: atNodes.length }),
    missingFromSweep: new Set(hidden),
  });
  expect(errorOf(check)).toMatchObject({
    outcome: 'partialExport',
    message:
      `Of ${atNodes.length} associations at 50 entities, the sweep of the account lacks ${hidden.length} that the ` +
      'entities have, and the entities lack 0 that the sweep has.',
    details: { missingFromNodes: [] },
  });
});

function errorOf(check: CrossCheck): unknown {
  try {
    assertSameEdges(check);
  } catch (error) {
    return error as LineageError;
  }
  return undefined;
}

test('what the sweep gives, and gives again, but its node does not, is a difference', async () => {
  const association = { SourceArn: `${OWN}:action/a`, DestinationArn: HUB, CreationTime: 1_700_000_000 };

  const check = await withScript(sweepOnly([association]), async ({ clients }) =>
    checked({ clients }, [HUB], await sweep({ clients })),
  );

  expect(check).toEqual(
    agreed({
      edges: 1,
      missingFromNodes: [expect.objectContaining({ from: association.SourceArn, to: HUB })],
    }),
  );
  expect(errorOf(check)).toMatchObject({
    details: {
      missingFromNodes: [
        {
          from: association.SourceArn,
          label: 'Untyped',
          to: HUB,
          createdAt: new Date(1_700_000_000_000).toISOString(),
        },
      ],
    },
  });
});

test('differences within a second are asked for at once', async () => {
  const seconds = [0, 0.25, 0.999, 1, 5].map((second) => 1_700_000_000 + second);
  const associations = seconds.map((CreationTime, index) => ({
    SourceArn: `${OWN}:action/a${index}`,
    DestinationArn: HUB,
    CreationTime,
  }));

  const { check, calls } = await withScript(sweepOnly(associations), async ({ clients, calls }) => ({
    check: await checked({ clients }, [HUB], await sweep({ clients })),
    calls,
  }));

  expect(check.missingFromNodes.map(({ orderMs }) => orderMs / 1_000)).toEqual(seconds);
  const windows = calls.map(({ input }) => [input.CreatedAfter, input.CreatedBefore]);
  // A window is asked for with a second around it.
  expect(windows.filter(([after]) => after !== undefined)).toEqual([
    [1_699_999_999, 1_700_000_002],
    [1_700_000_000, 1_700_000_002.001],
    [1_700_000_004, 1_700_000_006.001],
  ]);
});

test('an end that is spelled otherwise than listed need not be found under the listed spelling', async () => {
  const association = { SourceArn: `${OWN}:action/a`, DestinationArn: HUB.toLowerCase(), CreationTime: 1 };

  const check = await withScript(sweepOnly([association]), async ({ clients }) =>
    checked({ clients }, [`${OWN}:context/Hub`], await sweep({ clients })),
  );

  expect(check).toEqual(agreed({}));
});

test('what was deleted since is no difference, however many moments it was made at', async () => {
  const times = [0, 1, 999, 1_000, 5_000].map((ms) => 1_700_000_000_000 + ms);
  const served = await servedAccount(times.map((time, index) => spoke(`spoke-${index}`, time)));
  const swept = await sweep(served);
  for (const index of [0, 2, 3, 4]) {
    await served.clients.ListAssociations.send(
      new DeleteAssociationCommand({ SourceArn: `${OWN}:action/spoke-${index}`, DestinationArn: HUB }),
    );
  }

  const check = await checked(served, [HUB], swept);

  expect(check).toEqual(agreed({ edges: 5, deletedMeanwhile: 4 }));
});

test('what was made once the sweep was on its way is no difference; what was made long before is', async () => {
  const served = await servedAccount([spoke('old', 1_700_000_000_000)]);
  const swept = await sweep(served);
  served.account.load([spoke('lost', SETTLED - 1), spoke('late', SETTLED), spoke('new', SWEPT_AT.getTime())]);

  const check = await checked(served, [HUB], swept);

  expect(check).toEqual(
    agreed({
      edges: 4,
      missingFromSweep: [expect.objectContaining({ from: `${OWN}:action/lost` })],
      createdMeanwhile: 2,
    }),
  );
});

test('what is so young that its node may not know it yet is no difference', async () => {
  const association = { SourceArn: `${OWN}:action/a`, DestinationArn: HUB, CreationTime: SETTLED / 1_000 };

  const check = await withScript(sweepOnly([association]), async ({ clients }) =>
    checked({ clients }, [HUB], await sweep({ clients })),
  );

  expect(check).toEqual(agreed({ edges: 1, createdMeanwhile: 1 }));
});

test('a page that fails for good ends the check', async () => {
  const served = await servedAccount([spoke('a', 1)], {
    faults: [{ operation: 'ListAssociations', fault: 'error-500' }],
  });

  await expect(checked(served, [HUB], [])).rejects.toMatchObject({
    outcome: 'partialExport',
    details: { operation: 'ListAssociations', arn: HUB },
  });
});
