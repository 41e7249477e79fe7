import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type CollectionTag, parse, type ScalarTag } from 'yaml';
import { actionsFor, PERMISSIONS } from '../../src/graph/permissions.ts';

/* The templates grant what the table of permissions says, and hold in every partition. */

type Statement = {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Principal?: unknown;
  readonly Action: string | readonly string[];
  readonly Resource?: unknown;
};
type Policy = { readonly PolicyDocument: { readonly Statement: readonly Statement[] } };
type Template = {
  readonly Resources: Readonly<
    Record<
      string,
      {
        readonly Type: string;
        readonly Condition?: string;
        readonly DeletionPolicy?: string;
        readonly UpdateReplacePolicy?: string;
        readonly Properties: Partial<Policy> & { readonly Policies?: readonly Policy[] };
      }
    >
  >;
};

const FOLDER = new URL('../../cloudformation/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
/** What IAM takes no ARN for (Service Authorization Reference, Amazon SageMaker): listings and the search. */
const WITHOUT_RESOURCES = /^sagemaker:(List(?!Tags$)\w+|Search)$/;

test('the reader role may do what the table says of `export`, and of `export --tags` where it is told to', () => {
  const statements = statementsOf('account.yaml');
  const of = (condition: string | undefined) =>
    statements.filter((one) => one.condition === condition).flatMap(actionsOf);

  expect(of(undefined).sort()).toEqual([...actionsFor(['export'])].sort());
  expect(of('DoesReadTags')).toEqual([...actionsFor(['export --tags'])]);
});

test('the load role may do what the table says of it, on its bucket, its prefix and its key', () => {
  const granted = statementsOf('neptune.yaml').map(({ condition, ...statement }) => ({
    action: actionsOf(statement),
    on: statement.Resource,
    condition,
  }));

  expect(granted).toEqual([
    { action: ['s3:List*'], on: { Sub: `arn:\${AWS::Partition}:s3:::\${BucketName}` }, condition: undefined },
    {
      action: ['s3:Get*'],
      on: { Sub: `arn:\${AWS::Partition}:s3:::\${BucketName}/\${Prefix}/*` },
      condition: undefined,
    },
    { action: ['kms:Decrypt'], on: { Ref: 'BucketKeyArn' }, condition: 'HasBucketKey' },
  ]);
  expect(granted.flatMap(({ action }) => action)).toEqual(
    PERMISSIONS.filter(({ who }) => who === 'load role').map(({ action }) => action),
  );
});

test.each(FILES)('%s grants on named resources whatever can be granted on them', (file) => {
  const wide = statementsOf(file)
    .filter(({ Resource }) => Resource === '*')
    .flatMap(actionsOf);

  expect(wide.filter((action) => !WITHOUT_RESOURCES.test(action))).toEqual([]);
});

test.each(FILES)('no ARN of %s names a partition', (file) => {
  // The patterns of parameters take the ARNs of every partition.
  const lines = readFileSync(new URL(file, FOLDER), 'utf8').split('\n');
  const named = lines.filter((line) => /\barn:(?!\$\{AWS::Partition\})/.test(line));

  expect(named.filter((line) => !line.includes('AllowedPattern: ^(arn:aws[a-z-]*:'))).toEqual([]);
});

test.each([
  ['ClusterKey', 'Retain'],
  ['Cluster', 'Snapshot'],
])('%s outlives its stack: %s', (name, policy) => {
  const resource = template('neptune.yaml').Resources[name];

  expect([resource?.DeletionPolicy, resource?.UpdateReplacePolicy]).toEqual([policy, policy]);
});

type Granted = Statement & { readonly condition: string | undefined };

/** What identities are granted; resource policies, such as a key's, have no part in it. */
function statementsOf(file: string): readonly Granted[] {
  return Object.values(template(file).Resources).flatMap(({ Condition: condition, Properties }) => {
    const { PolicyDocument, Policies = [] } = Properties;
    const documents = [...Policies.map((policy) => policy.PolicyDocument), PolicyDocument];
    return documents.flatMap((one) =>
      (one?.Statement ?? []).map((statement) => ({ ...statement, condition })),
    );
  });
}

function actionsOf({ Action }: Pick<Statement, 'Action'>): readonly string[] {
  return typeof Action === 'string' ? [Action] : Action;
}

function template(file: string): Template {
  return parse(readFileSync(new URL(file, FOLDER), 'utf8'), { customTags: TAGS });
}

/** CloudFormation's short forms: `!Sub text` reads as `{ Sub: 'text' }`. */
const TAGS = ['Ref', 'Sub', 'GetAtt'].map(
  (name): ScalarTag => ({ tag: `!${name}`, resolve: (text) => ({ [name]: text }) }),
) as (ScalarTag | CollectionTag)[];
TAGS.push(
  ...['If', 'Equals', 'Not', 'And', 'Or', 'Join'].map(
    (name): CollectionTag => ({ tag: `!${name}`, collection: 'seq' }),
  ),
);
