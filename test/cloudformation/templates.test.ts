import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type CollectionTag, parse, type ScalarTag } from 'yaml';
import {
  actionsFor,
  NIGHTLY_FUNCTIONS,
  PERMISSIONS,
  type PermissionScope,
} from '../../src/graph/permissions.ts';

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
        readonly Properties: Partial<Policy> & {
          readonly Policies?: readonly Policy[];
          readonly Roles?: unknown;
          readonly AlarmActions?: unknown;
          readonly DefinitionSubstitutions?: object;
        };
      }
    >
  >;
};

const FOLDER = new URL('../../cloudformation/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
/** What IAM takes no ARN for (Service Authorization Reference): listings and the search, traces, the delivery of logs. */
const WITHOUT_RESOURCES =
  /^(sagemaker:(List(?!Tags$)\w+|Search)|xray:\w+|logs:\w+LogDeliver(y|ies)|logs:(Describe\w+|PutResourcePolicy))$/;
/** Lambda checks that these are allowed for all resources, before it makes a function in a VPC. */
const OF_LAMBDA = /^ec2:\w+$/;

test('the reader role may do what the table says of `export`, and of `export --tags` where it is told to', () => {
  const statements = statementsOf('account.yaml');
  const of = (condition: string | undefined) =>
    statements.filter((one) => one.condition === condition).flatMap(actionsOf);

  const ofOtherAccounts = [...actionsFor(['export'])].filter((action) => action !== 'sts:AssumeRole');

  expect(of(undefined).sort()).toEqual(ofOtherAccounts.sort());
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
    .filter(({ Effect, Resource }) => Effect === 'Allow' && Resource === '*')
    .filter(({ Sid }) => Sid !== 'LambdaMakesNetworkInterfaces')
    .flatMap(actionsOf);

  expect(wide.filter((action) => !WITHOUT_RESOURCES.test(action))).toEqual([]);
});

test('our code may not do what Lambda needs for its network', () => {
  const [allowed, denied] = statementsOf('nightly.yaml').filter(({ Sid }) =>
    ['LambdaMakesNetworkInterfaces', 'FunctionsDoNot'].includes(Sid ?? ''),
  );

  expect(actionsOf(allowed ?? { Action: '' }).every((action) => OF_LAMBDA.test(action))).toBe(true);
  expect(denied).toMatchObject({
    Effect: 'Deny',
    Action: 'ec2:*',
    Condition: { ArnEquals: { 'lambda:SourceFunctionArn': NIGHTLY_FUNCTIONS.map(functionArn) } },
  });
});

const NIGHTLY = () => template('nightly.yaml').Resources;

test('the nightly has the functions of the table, each in the VPC, on arm64, with a log and a role of its own', () => {
  const functions = Object.entries(NIGHTLY()).filter(([, { Type }]) => Type === 'AWS::Lambda::Function');

  expect(functions.map(([id, { Properties }]) => [id, Properties])).toEqual(
    NIGHTLY_FUNCTIONS.map((name) => [
      `${pascal(name)}Function`,
      expect.objectContaining({
        FunctionName: { Sub: `\${AWS::StackName}-${name}` },
        Code: `../dist/lambda/${name}`,
        Handler: 'index.handler',
        Runtime: 'nodejs22.x',
        Architectures: ['arm64'],
        Role: { GetAtt: `${pascal(name)}Role.Arn` },
        LoggingConfig: { LogGroup: { Ref: `${pascal(name)}Logs` } },
        VpcConfig: { SubnetIds: { Ref: 'SubnetIds' }, SecurityGroupIds: { Ref: 'SecurityGroupIds' } },
      }),
    ]),
  );
});

test.each(NIGHTLY_FUNCTIONS)('the function %s may do what the table says of it, and where', (name) => {
  const [work, logs, ...more] = NIGHTLY()[`${pascal(name)}Role`]?.Properties.Policies ?? [];
  const granted = (work?.PolicyDocument.Statement ?? []).flatMap((statement) =>
    actionsOf(statement).map((action) => ({ action, on: resourcesOf(statement) })),
  );
  const wanted = PERMISSIONS.filter(
    ({ functions = [], on }) => functions.includes(name) && on !== 'reader role',
  );

  expect(more).toEqual([]);
  expect(logs?.PolicyDocument.Statement.flatMap(actionsOf)).toEqual([
    'logs:CreateLogStream',
    'logs:PutLogEvents',
  ]);
  expect(granted.map(({ action }) => action).sort()).toEqual(wanted.map(({ action }) => action).sort());
  expect(wanted.filter(({ action, on }) => !covers(granted, action, ARNS[on] ?? []))).toEqual([]);
});

test('the functions that read SageMaker may assume the roles that the stack is told of, and no other', () => {
  const { Roles: roles, PolicyDocument: document } = NIGHTLY().ReadsOtherAccounts?.Properties ?? {};
  const [{ functions = [] } = {}] = PERMISSIONS.filter(({ action }) => action === 'sts:AssumeRole');

  expect(roles).toEqual(functions.map((name) => ({ Ref: `${pascal(name)}Role` })));
  expect(document?.Statement).toMatchObject([
    { Action: 'sts:AssumeRole', Resource: { Ref: 'ReaderRoleArns' } },
  ]);
});

test('the state machine is told every function, and may invoke each', () => {
  const { DefinitionSubstitutions: told } = NIGHTLY().StateMachine?.Properties ?? {};
  const [invoke] = statementsOf('nightly.yaml').filter(({ Sid }) => Sid === 'InvokeTheFunctions');
  const arns = NIGHTLY_FUNCTIONS.map((name) => ({ GetAtt: `${pascal(name)}Function.Arn` }));

  expect(told).toEqual({
    ...Object.fromEntries(
      NIGHTLY_FUNCTIONS.map((name, index) => [`${pascal(name)}FunctionArn`, arns[index]]),
    ),
    TopicArn: expect.anything(),
    Partition: { Ref: 'AWS::Partition' },
  });
  const machine = readFileSync(new URL('nightly.asl.json', FOLDER), 'utf8');
  const placeholders = new Set([...machine.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name));
  expect([...placeholders].sort()).toEqual(Object.keys(told ?? {}).sort());
  expect(invoke?.Resource).toEqual(arns);
});

test('every alarm tells the topic', () => {
  const alarms = Object.values(NIGHTLY()).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');

  expect(alarms.map(({ Properties }) => Properties.AlarmActions)).toEqual(
    alarms.map(() => [{ If: ['MakesTopic', { Ref: 'Topic' }, { Ref: 'TopicArn' }] }]),
  );
});

test.each(FILES)('no ARN of %s names a partition', (file) => {
  // The patterns of parameters take the ARNs of every partition.
  const lines = readFileSync(new URL(file, FOLDER), 'utf8').split('\n');
  const named = lines.filter((line) => /\barn:(?!\$\{AWS::Partition\}|\s)/.test(line));

  expect(named.filter((line) => !/AllowedPattern: \^\(?arn:aws\[a-z-\]\*:/.test(line))).toEqual([]);
});

test.each([
  ['neptune.yaml', 'ClusterKey', 'Retain'],
  ['neptune.yaml', 'Cluster', 'Snapshot'],
  ['nightly.yaml', 'Key', 'Retain'],
  ['nightly.yaml', 'RunBucket', 'Retain'],
])('of %s, %s outlives its stack: %s', (file, name, policy) => {
  const resource = template(file).Resources[name];

  expect([resource?.DeletionPolicy, resource?.UpdateReplacePolicy]).toEqual([policy, policy]);
});

type Granted = Statement & { readonly condition: string | undefined };

/** What identities are granted; resource policies, such as a key's, have no part in it. */
function statementsOf(file: string): readonly Granted[] {
  const identities = Object.values(template(file).Resources).filter(({ Type }) =>
    Type.startsWith('AWS::IAM::'),
  );
  return identities.flatMap(({ Condition: condition, Properties }) => {
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

function resourcesOf({ Resource }: Statement): readonly unknown[] {
  return Array.isArray(Resource) ? Resource : [Resource];
}

const ENTITY_TYPES = {
  ...{ action: 'action', artifact: 'artifact', context: 'context', experiment: 'experiment' },
  ...{ trial: 'experiment-trial', 'trial component': 'experiment-trial-component' },
} as const;

/** What a function is granted a permission on. */
const ARNS: Partial<Record<PermissionScope, readonly unknown[]>> = {
  everything: ['*'],
  bucket: [{ Sub: `arn:\${AWS::Partition}:s3:::\${BucketName}` }],
  objects: [{ Sub: `arn:\${AWS::Partition}:s3:::\${BucketName}/\${Prefix}/*` }],
  key: [{ If: ['MakesKey', { GetAtt: 'Key.Arn' }, { Ref: 'KeyArn' }] }],
  'cluster data': [
    {
      Sub: `arn:\${AWS::Partition}:neptune-db:\${AWS::Region}:\${AWS::AccountId}:\${ClusterResourceId}/*`,
    },
  ],
  entities: Object.values(ENTITY_TYPES).map(entityArn),
  ...Object.fromEntries(Object.entries(ENTITY_TYPES).map(([kind, type]) => [kind, [entityArn(type)]])),
};

/** Of any account: an association may end at an entity that another account shares with this one. */
function entityArn(type: string) {
  return { Sub: `arn:\${AWS::Partition}:sagemaker:*:*:${type}/*` };
}

function covers(
  granted: readonly { readonly action: string; readonly on: readonly unknown[] }[],
  action: string,
  resources: readonly unknown[],
): boolean {
  const on = granted.find((one) => one.action === action)?.on.map((one) => JSON.stringify(one)) ?? [];
  return resources.length > 0 && resources.every((one) => on.includes(JSON.stringify(one)));
}

function functionArn(name: string) {
  return {
    Sub: `arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:function:\${AWS::StackName}-${name}`,
  };
}

function pascal(name: string): string {
  return name.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase());
}

function template(file: string): Template {
  return parse(readFileSync(new URL(file, FOLDER), 'utf8'), { customTags: TAGS });
}

/** CloudFormation's short forms: `!Sub text` reads as `{ Sub: 'text' }`. */
const TAGS = ['Ref', 'Sub', 'GetAtt', 'Condition'].map(
  (name): ScalarTag => ({ tag: `!${name}`, resolve: (text) => ({ [name]: text }) }),
) as (ScalarTag | CollectionTag)[];
TAGS.push(
  ...['Sub', 'If', 'Equals', 'Not', 'And', 'Or', 'Join'].map(
    (name): CollectionTag => ({
      tag: `!${name}`,
      collection: 'seq',
      resolve: (sequence) => ({ [name]: sequence.toJSON() }),
    }),
  ),
);
