import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readEdges, readVertices } from '../../src/csv/read.ts';
import { LineageError } from '../../src/errors.ts';
import { arnKey } from '../../src/graph/arn.ts';
import { LISTED_KINDS, type ListedKind, UNTYPED } from '../../src/graph/kinds.ts';
import { vertexFile } from '../../src/runs/run-directory.ts';
import type { FaultRule } from '../../src/sandbox/faults.ts';
import type { AccountRecord, EntityRecord } from '../../src/sandbox/records.ts';
import { filesBelow, fingerprint, readJson, temporaryDirectory } from './run-tree.ts';
import { account, exported, records, region } from './sandbox-export.ts';

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const isEntity = (record: AccountRecord): record is EntityRecord =>
  (LISTED_KINDS as readonly string[]).includes(record.kind);

const idOf = (record: EntityRecord): string => {
  switch (record.kind) {
    case 'artifact':
      return record.ArtifactArn;
    case 'action':
      return record.ActionArn;
    case 'context':
      return record.ContextArn;
    case 'trial_component':
      return record.TrialComponentArn;
    case 'experiment':
      return record.ExperimentArn;
    case 'trial':
      return record.TrialArn;
  }
};

/** The edges that an account's records are, as text, sorted; ARNs without their case. */
function trueEdges(held: readonly AccountRecord[]): string[] {
  const byName = (kind: ListedKind, name: string, at: string) =>
    `${at.slice(0, at.indexOf(':experiment-trial'))}:${kind === 'trial' ? 'experiment-trial' : kind}/${name}`;
  const edges = held.flatMap((record) => {
    if (record.kind === 'association') {
      return [[record.SourceArn, record.AssociationType ?? UNTYPED, record.DestinationArn]];
    }
    if (record.kind === 'trial') {
      return [[byName('experiment', record.ExperimentName, record.TrialArn), 'HasTrial', record.TrialArn]];
    }
    if (record.kind === 'membership') {
      const prefix = `arn:aws:sagemaker:${region}:${account}`;
      return [
        [
          `${prefix}:experiment-trial/${record.TrialName}`,
          'HasTrialComponent',
          `${prefix}:experiment-trial-component/${record.TrialComponentName}`,
        ],
      ];
    }
    return [];
  });
  return edges.map(([from = '', label, to = '']) => `${arnKey(from)} ${label} ${arnKey(to)}`).sort();
}

test('the export of a generated account is the account: every entity, association and membership, nothing else', async () => {
  const held = records(2_000, 7);

  const { directory, kinds, entities } = await exported(held);

  const listed = new Set<string>();
  for (const kind of LISTED_KINDS) {
    const rows = await collect(readVertices(join(directory, vertexFile(kind, false))));
    const ids = rows.map(({ id }) => id);
    for (const id of ids) listed.add(id);
    const truth = held.filter(isEntity).filter((record) => record.kind === kind);
    expect(ids.toSorted()).toEqual(truth.map(idOf).sort());
  }
  expect(entities).toBe(held.filter(isEntity).length);
  const edges = await collect(readEdges(join(directory, 'data/edges/edges.csv')));
  expect(edges.map(({ from, label, to }) => `${arnKey(from)} ${label} ${arnKey(to)}`).sort()).toEqual(
    trueEdges(held),
  );
  const externals = await collect(readVertices(join(directory, vertexFile('external', false))));
  const known = new Set([...listed, ...externals.map(({ id }) => id)]);
  expect(edges.filter(({ from, to }) => !known.has(from) || !known.has(to))).toEqual([]);
  expect(externals.filter(({ id }) => listed.has(id))).toEqual([]);
  expect(kinds.external.rows).toBe(externals.length);
});

test('two exports of an unchanged account are the same bytes', async () => {
  const held = records(1_500, 3);

  const [first, second] = [await exported(held), await exported(held)];

  expect(await fingerprint(second.directory)).toEqual(await fingerprint(first.directory));
});

const THIRD = 1 / 3;

test.each<[string, FaultRule[]]>([
  ['throttled', [{ fault: 'throttle', probability: THIRD }]],
  ['failing with 500', [{ fault: 'error-500', probability: THIRD }]],
  [
    'throttled or failing with 500',
    [
      { fault: 'throttle', probability: THIRD / 2 },
      { fault: 'error-500', probability: THIRD / 2 },
    ],
  ],
  ['answered in HTML', [{ fault: 'html', probability: THIRD }]],
  ['answered by a bad gateway', [{ fault: 'html-502', probability: THIRD }]],
  ['dropped', [{ fault: 'drop', probability: THIRD }]],
  ['lost on the way back', [{ fault: 'lost-reply', probability: THIRD }]],
])(
  'with a third of all requests %s, the export is complete and its bytes are those of the undisturbed',
  async (_, faults) => {
    const held = records(500, 11);

    const [calm, disturbed] = [await exported(held), await exported(held, { faults })];

    expect(await fingerprint(disturbed.directory)).toEqual(await fingerprint(calm.directory));
    expect(disturbed.calls).toBeGreaterThan(calm.calls * 1.2);
  },
);

const OPERATIONS = [
  'ListArtifacts',
  'ListActions',
  'ListContexts',
  'ListTrialComponents',
  'ListExperiments',
  'ListTrials',
  'ListAssociations',
  'Search',
];

test('first pages that are empty but have a token are not the end', async () => {
  const held = records(500, 11);
  const faults = OPERATIONS.map((operation): FaultRule => ({ operation, fault: 'empty-page', at: 1 }));

  // One shard at a time: how often a listing is divided would change the number of pages.
  const calm = await exported(held, { concurrency: 1 });
  const disturbed = await exported(held, { faults, concurrency: 1 });

  expect(await fingerprint(disturbed.directory)).toEqual(await fingerprint(calm.directory));
  expect(disturbed.pages).toBe(calm.pages + OPERATIONS.length);
});

test('a first page that comes twice is written once', async () => {
  const held = records(500, 11);
  const faults: FaultRule[] = [{ operation: 'ListArtifacts', fault: 'repeated-token', at: 1 }];

  const [calm, disturbed] = [await exported(held), await exported(held, { faults })];

  expect(await fingerprint(disturbed.directory)).toEqual(await fingerprint(calm.directory));
  expect(disturbed.duplicates).toBe(100);
});

test.each(
  OPERATIONS.flatMap((operation) => [
    { operation, fault: 'denied' as const, outcome: 'accessDenied', verdict: 'denied' },
    { operation, fault: 'error-500' as const, outcome: 'partialExport', verdict: 'failed' },
    { operation, fault: 'html' as const, outcome: 'partialExport', verdict: 'failed' },
    { operation, fault: 'expired' as const, outcome: 'partialExport', verdict: 'failed' },
  ]),
)(
  '$operation with a permanent $fault is $outcome: a report, and nothing under a final name',
  async (given) => {
    const { operation, fault, outcome, verdict } = given;
    const out = await temporaryDirectory();

    const error = await exported(records(200, 5), {
      out,
      faults: [{ operation, fault }],
      maxAttempts: 2,
    }).catch((e: unknown) => e);

    expect(error).toBeInstanceOf(LineageError);
    expect(error).toMatchObject({ outcome, details: { operation, page: 1 } });
    const files = await filesBelow(out);
    const [report = ''] = files.filter((path) => path.endsWith('report.json'));
    expect(files.filter((path) => !/^\d{8}T\d{6}\.\d{3}Z\.partial\//.test(path))).toEqual([]);
    const { listings } = (await readJson(join(out, report))) as {
      listings: Record<string, { verdict: string; operation: string }>;
    };
    const verdicts = Object.values(listings).filter((listing) => listing.operation === operation);
    expect(verdicts.map((listing) => listing.verdict)).toContain(verdict);
  },
);

test('a token that comes again and again ends the export', async () => {
  const faults: FaultRule[] = [{ operation: 'ListAssociations', fault: 'repeated-token' }];

  await expect(exported(records(500, 11), { faults })).rejects.toMatchObject({
    outcome: 'partialExport',
    message: expect.stringContaining('ListAssociations gave the same NextToken twice'),
    details: { listing: 'association' },
  });
});
