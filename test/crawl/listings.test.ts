import { expect, test } from 'vitest';
import { edgeRows, LISTING_OPERATIONS, type Listing, vertexRows } from '../../src/crawl/listings.ts';
import type { ListingOptions } from '../../src/crawl/pages.ts';
import { edgeId } from '../../src/graph/ids.ts';
import { LISTED_KINDS, type ListedKind } from '../../src/graph/kinds.ts';
import type { EdgeRow, VertexRow } from '../../src/graph/rows.ts';
import { type Call, lastPage, type Scripted, withScript } from './scripted-sagemaker.ts';

const PREFIX = 'arn:aws:sagemaker:us-east-1:111111111111';
const OWNER = { account: '111111111111', region: 'us-east-1' };
const created = new Date('2024-01-02T03:04:05.678Z');
const modified = new Date('2024-02-03T04:05:06.789Z');
const LIFETIME = { CreationTime: created.getTime() / 1_000, LastModifiedTime: modified.getTime() / 1_000 };

async function rowsOf(listing: Listing, scripted: Scripted, options?: ListingOptions) {
  const batches = isKind(listing)
    ? vertexRows(listing, scripted.clients, options)
    : edgeRows(listing, scripted.clients, options);
  const rows: (VertexRow | EdgeRow)[] = [];
  for await (const batch of batches) rows.push(...batch);
  return rows;
}

function isKind(listing: Listing): listing is ListedKind {
  return (LISTED_KINDS as readonly string[]).includes(listing);
}

/** What a listing of these records gives. */
function listed(listing: Listing, records: readonly unknown[], options?: ListingOptions) {
  return withScript(
    () => lastPage(LISTING_OPERATIONS[listing], records),
    (scripted) => rowsOf(listing, scripted, options),
  );
}

const vertex = (kind: ListedKind, id: string, cells: object) => ({
  kind,
  id,
  orderMs: created.getTime(),
  cells: { arn: id, creationtime: created, LastModifiedTime: modified, ...OWNER, ...cells },
});

test.each<[ListedKind, object, object]>([
  [
    'artifact',
    {
      ArtifactArn: `${PREFIX}:artifact/a1`,
      ArtifactName: 'raw, "data"',
      ArtifactType: 'DataSet',
      Source: {
        SourceUri: 's3://bucket/a;b,c',
        SourceTypes: [{ Value: 'etag', SourceIdType: 'S3ETag' }],
      },
    },
    {
      sourceuri: 's3://bucket/a;b,c',
      type: 'DataSet',
      name: 'raw, "data"',
      sourcetypes: '[{"SourceIdType":"S3ETag","Value":"etag"}]',
    },
  ],
  [
    'action',
    {
      ActionArn: `${PREFIX}:action/deploy`,
      ActionName: 'deploy',
      ActionType: 'ModelDeployment',
      Status: 'Completed',
      Source: { SourceUri: 'arn:endpoint', SourceType: 'ARN', SourceId: 'id' },
    },
    {
      sourceuri: 'arn:endpoint',
      status: 'Completed',
      type: 'ModelDeployment',
      name: 'deploy',
      sourcetype: 'ARN',
      sourceid: 'id',
    },
  ],
  [
    'context',
    {
      ContextArn: `${PREFIX}:context/churn`,
      ContextName: 'churn',
      ContextType: 'Endpoint',
      Source: { SourceUri: 'arn:endpoint', SourceType: 'ARN', SourceId: 'id' },
    },
    { sourceuri: 'arn:endpoint', type: 'Endpoint', name: 'churn', sourcetype: 'ARN', sourceid: 'id' },
  ],
  [
    'trial_component',
    {
      TrialComponentArn: `${PREFIX}:experiment-trial-component/job-aws-training-job`,
      TrialComponentName: 'job-aws-training-job',
      DisplayName: 'Training',
      TrialComponentSource: { SourceArn: `${PREFIX}:training-job/job`, SourceType: 'SageMakerTrainingJob' },
      Status: { PrimaryStatus: 'Failed', Message: 'Status: Failed, exit message: null\nline 2' },
      StartTime: 1_700_000_000.001,
      EndTime: 1_700_000_001.999,
      CreatedBy: { UserProfileName: 'ana', DomainId: 'd-1' },
      LastModifiedBy: {},
    },
    {
      sourcearn: `${PREFIX}:training-job/job`,
      type: 'SageMakerTrainingJob',
      status: 'Failed',
      message: 'Status: Failed, exit message: null\nline 2',
      name: 'job-aws-training-job',
      displayname: 'Training',
      starttime: new Date(1_700_000_000_001),
      endtime: new Date(1_700_000_001_999),
      createdby: '{"DomainId":"d-1","UserProfileName":"ana"}',
      lastmodifiedby: undefined,
    },
  ],
  [
    'experiment',
    {
      ExperimentArn: `${PREFIX}:experiment/churn`,
      ExperimentName: 'churn',
      DisplayName: 'Churn',
      ExperimentSource: { SourceArn: 'arn:source', SourceType: 'type' },
    },
    { sourcearn: 'arn:source', type: 'type', name: 'churn', displayname: 'Churn' },
  ],
  [
    'trial',
    {
      TrialArn: `${PREFIX}:experiment-trial/churn-1`,
      TrialName: 'Churn-1',
      DisplayName: 'Churn 1',
      TrialSource: { SourceArn: 'arn:source', SourceType: 'type' },
    },
    { sourcearn: 'arn:source', type: 'type', name: 'Churn-1', displayname: 'Churn 1' },
  ],
])('every member of a listed %s is in its row', async (kind, record, cells) => {
  const rows = await listed(kind, [{ ...record, ...LIFETIME }]);

  const id = String(Object.values(record)[0]);
  expect(rows).toEqual([vertex(kind, id, cells)]);
});

const ARN_MEMBERS: Readonly<Record<ListedKind, string>> = {
  artifact: 'ArtifactArn',
  action: 'ActionArn',
  context: 'ContextArn',
  trial_component: 'TrialComponentArn',
  experiment: 'ExperimentArn',
  trial: 'TrialArn',
};

test.each(LISTED_KINDS)('a listed %s of ARN and time alone has an otherwise empty row', async (kind) => {
  const rows = await listed(kind, [{ [ARN_MEMBERS[kind]]: 'no arn', CreationTime: 5 }]);

  expect(rows.map(({ id, orderMs }) => [id, orderMs])).toEqual([['no arn', 5_000]]);
  const given = Object.entries(rows[0]?.cells ?? {}).filter(([, value]) => value !== undefined);
  expect(Object.fromEntries(given)).toEqual({ arn: 'no arn', creationtime: new Date(5_000) });
});

const ASSOCIATION = {
  SourceArn: `${PREFIX}:artifact/A`,
  DestinationArn: `${PREFIX}:action/B`,
  CreationTime: 1_700_000_000.5,
};

test('every member of an association is in its edge', async () => {
  const rows = await listed('association', [
    {
      ...ASSOCIATION,
      AssociationType: 'ContributedTo',
      SourceType: 'DataSet',
      DestinationType: 'ModelDeployment',
      SourceName: 'data',
      DestinationName: 'deploy',
      CreatedBy: { UserProfileName: 'ana', IamIdentity: { PrincipalId: 'p', Arn: 'a' } },
    },
  ]);

  expect(rows).toEqual([
    {
      id: edgeId(ASSOCIATION.SourceArn, 'ContributedTo', ASSOCIATION.DestinationArn),
      from: ASSOCIATION.SourceArn,
      to: ASSOCIATION.DestinationArn,
      label: 'ContributedTo',
      orderMs: 1_700_000_000_500,
      cells: {
        creationtime: new Date(1_700_000_000_500),
        sourcetype: 'DataSet',
        destinationtype: 'ModelDeployment',
        sourcename: 'data',
        destinationname: 'deploy',
        createdby: '{"IamIdentity":{"Arn":"a","PrincipalId":"p"},"UserProfileName":"ana"}',
      },
    },
  ]);
});

const BLANK = {
  creationtime: undefined,
  sourcetype: undefined,
  destinationtype: undefined,
  sourcename: undefined,
  destinationname: undefined,
  createdby: undefined,
};

test.each([undefined, '', null])('an association of type %j is Untyped', async (AssociationType) => {
  const rows = await listed('association', [{ ...ASSOCIATION, AssociationType, CreatedBy: {} }]);

  expect(rows).toEqual([
    {
      id: edgeId(ASSOCIATION.SourceArn, 'Untyped', ASSOCIATION.DestinationArn),
      from: ASSOCIATION.SourceArn,
      to: ASSOCIATION.DestinationArn,
      label: 'Untyped',
      orderMs: 1_700_000_000_500,
      cells: { ...BLANK, creationtime: new Date(1_700_000_000_500) },
    },
  ]);
});

const member = (from: string, label: string, to: string) => ({
  id: edgeId(from, label, to),
  from,
  to,
  label,
  orderMs: created.getTime(),
  cells: BLANK,
});

test('a trial is a member of its experiment', async () => {
  const TrialArn = `${PREFIX}:experiment-trial/churn-1`;

  const rows = await listed('HasTrial', [{ Trial: { TrialArn, ExperimentName: 'Churn', ...LIFETIME } }]);

  expect(rows).toEqual([member(`${PREFIX}:experiment/Churn`, 'HasTrial', TrialArn)]);
});

test('a component is a member of each of its trials, or of none', async () => {
  const arn = (name: string) => `${PREFIX}:experiment-trial-component/${name}`;
  const records = [
    {
      TrialComponent: {
        TrialComponentArn: arn('shared'),
        Parents: [
          { TrialName: 'churn-1', ExperimentName: 'churn' },
          { TrialName: 'churn-2', ExperimentName: 'churn' },
        ],
        ...LIFETIME,
      },
    },
    { TrialComponent: { TrialComponentArn: arn('alone'), Parents: [], ...LIFETIME } },
    { TrialComponent: { TrialComponentArn: arn('bare'), ...LIFETIME } },
  ];

  const rows = await listed('HasTrialComponent', records);

  expect(rows).toEqual([
    member(`${PREFIX}:experiment-trial/churn-1`, 'HasTrialComponent', arn('shared')),
    member(`${PREFIX}:experiment-trial/churn-2`, 'HasTrialComponent', arn('shared')),
  ]);
});

test.each<[Listing, string, unknown]>([
  ...LISTED_KINDS.map((kind): [Listing, string, unknown] => [kind, ARN_MEMBERS[kind], { CreationTime: 1 }]),
  ...LISTED_KINDS.map((kind): [Listing, string, unknown] => [
    kind,
    ARN_MEMBERS[kind],
    { [ARN_MEMBERS[kind]]: '' },
  ]),
  ...LISTED_KINDS.map((kind): [Listing, string, unknown] => [
    kind,
    'CreationTime',
    { [ARN_MEMBERS[kind]]: 'arn' },
  ]),
  ['association', 'SourceArn', { DestinationArn: 'b', CreationTime: 1 }],
  ['association', 'DestinationArn', { SourceArn: 'a', CreationTime: 1 }],
  ['association', 'CreationTime', { SourceArn: 'a', DestinationArn: 'b' }],
  ['HasTrial', 'Trial.TrialArn', { Trial: { ExperimentName: 'e', CreationTime: 1 } }],
  ['HasTrial', 'Trial.ExperimentName', { Trial: { TrialArn: 'a', CreationTime: 1 } }],
  ['HasTrial', 'Trial.CreationTime', { Trial: { TrialArn: 'a', ExperimentName: 'e' } }],
  ['HasTrialComponent', 'TrialComponent.TrialComponentArn', { TrialComponent: { CreationTime: 1 } }],
  [
    'HasTrialComponent',
    'TrialComponent.Parents.TrialName',
    { TrialComponent: { TrialComponentArn: 'a', CreationTime: 1, Parents: [{ ExperimentName: 'e' }] } },
  ],
])('%s: a record without %s is an error that says where it was', async (listing, field, record) => {
  const operation = LISTING_OPERATIONS[listing];

  await expect(listed(listing, [record])).rejects.toMatchObject({
    outcome: 'partialExport',
    message: `${operation} gave record 1 of page 1 without ${field}: expected a value, found none.`,
    details: { operation, page: 1, position: 1, field, requestId: `request-${operation}-1` },
  });
});

test('a Search that ends with fewer records than it says match is an error', async () => {
  const hits = (Relation: string, Value: number) => ({
    json: {
      Results: [{ Trial: { TrialArn: 'arn', ExperimentName: 'e', CreationTime: 1 } }],
      TotalHits: { Relation, Value },
    },
  });
  const search = (relation: string, value: number) =>
    withScript(
      () => hits(relation, value),
      (scripted) => rowsOf('HasTrial', scripted),
    );

  await expect(search('EqualTo', 2)).rejects.toMatchObject({
    outcome: 'partialExport',
    message: 'Search(ExperimentTrial) ended after 1 records where it says that 2 match.',
    details: { resource: 'ExperimentTrial', received: 1, total: 2, requestId: 'request-Search-1' },
  });
  await expect(search('EqualTo', 1)).resolves.toHaveLength(1);
  await expect(search('EqualTo', 0)).resolves.toHaveLength(1);
  await expect(search('GreaterThanOrEqualTo', 2)).resolves.toHaveLength(1);
});

test.each(Object.keys(LISTING_OPERATIONS) as Listing[])(
  '%s: a window is asked for with a margin and cut to the record, its end excluded',
  async (listing) => {
    const window = { from: new Date(100_000), to: new Date(200_000) };
    const inputs: Call['input'][] = [];
    const times = [99.999, 100, 199.999, 200];

    const rows = await withScript(
      ({ operation, input }) => {
        inputs.push(input);
        return lastPage(
          operation,
          times.map((time) => recordOf(listing, time)),
        );
      },
      (scripted) => rowsOf(listing, scripted, { window }),
    );

    expect(rows.map(({ orderMs }) => orderMs)).toEqual([100_000, 199_999]);
    expect(inputs).toEqual([
      expect.objectContaining(
        LISTING_OPERATIONS[listing] === 'Search'
          ? {
              SearchExpression: {
                Filters: [
                  {
                    Name: 'CreationTime',
                    Operator: 'GreaterThanOrEqualTo',
                    Value: '1970-01-01T00:01:39.000Z',
                  },
                  { Name: 'CreationTime', Operator: 'LessThanOrEqualTo', Value: '1970-01-01T00:03:21.000Z' },
                ],
              },
            }
          : { CreatedAfter: 99, CreatedBefore: 201 },
      ),
    ]);
  },
);

function recordOf(listing: Listing, CreationTime: number): unknown {
  if (listing === 'association') return { SourceArn: 'a', DestinationArn: 'b', CreationTime };
  if (listing === 'HasTrial') return { Trial: { TrialArn: 'a', ExperimentName: 'e', CreationTime } };
  if (listing === 'HasTrialComponent') {
    return { TrialComponent: { TrialComponentArn: 'a', Parents: [{ TrialName: 't' }], CreationTime } };
  }
  return { [ARN_MEMBERS[listing]]: 'arn', CreationTime };
}

test('without a window Search still has a filter, from before SageMaker was', async () => {
  const { calls } = await withScript(
    () => lastPage('Search'),
    async (scripted) => {
      await rowsOf('HasTrialComponent', scripted);
      return scripted;
    },
  );

  expect(calls.map(({ input }) => input)).toEqual([
    {
      Resource: 'ExperimentTrialComponent',
      SearchExpression: {
        Filters: [
          { Name: 'CreationTime', Operator: 'GreaterThanOrEqualTo', Value: '2010-01-01T00:00:00.000Z' },
        ],
      },
      SortBy: 'CreationTime',
      SortOrder: 'Ascending',
      MaxResults: 100,
    },
  ]);
});
