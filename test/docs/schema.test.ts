import {
  ActionSummary$,
  ArtifactSummary$,
  AssociationSummary$,
  ContextSummary$,
  DescribeActionResponse$,
  DescribeArtifactResponse$,
  DescribeContextResponse$,
  DescribeExperimentResponse$,
  DescribeTrialComponentResponse$,
  DescribeTrialResponse$,
  Experiment$,
  ExperimentSummary$,
  ListTagsOutput$,
  Trial$,
  TrialComponent$,
  TrialComponentSummary$,
  TrialSummary$,
} from '@aws-sdk/client-sagemaker';
import { NormalizedSchema } from '@smithy/core/schema';
import { expect, test } from 'vitest';
import { type Columns, DETAILS, EDGE_COLUMNS, vertexColumns } from '../../src/graph/columns.ts';
import { LISTED_KINDS, type ListedKind } from '../../src/graph/kinds.ts';
import { expectTable } from './doc-table.ts';
import { schemaMarkdown } from './schema-page.ts';

/** All that SageMaker tells of each kind, as the SDK itself describes it. */
const OUTPUTS: Readonly<Record<ListedKind, readonly unknown[]>> = {
  artifact: [ArtifactSummary$, DescribeArtifactResponse$],
  action: [ActionSummary$, DescribeActionResponse$],
  context: [ContextSummary$, DescribeContextResponse$],
  trial_component: [TrialComponentSummary$, DescribeTrialComponentResponse$, TrialComponent$],
  trial: [TrialSummary$, DescribeTrialResponse$, Trial$],
  experiment: [ExperimentSummary$, DescribeExperimentResponse$, Experiment$],
};

type Declared = {
  readonly columns: Columns;
  readonly renamed?: Readonly<Record<string, string>>;
  readonly leftOut?: Readonly<Record<string, string>>;
};

/** Paths of members that are neither in a column nor left out for a reason. */
function undeclared(schema: unknown, declared: Declared, path = ''): string[] {
  const sources = Object.values(declared.columns).map(({ source }) => source);
  const listingNames = Object.entries(declared.renamed ?? {}).map(
    ([ours, theirs]) => [theirs, ours] as const,
  );
  const members = NormalizedSchema.of(schema as never).structIterator();
  return [...members].flatMap(([name, member]) => {
    const at = `${path}${name}`;
    const [first = '', ...rest] = at.split('.');
    const renamed = listingNames.find(([theirs]) => theirs === first)?.[1];
    const names = renamed === undefined ? [at] : [at, [renamed, ...rest].join('.')];
    if (names.some((known) => sources.includes(known)) || declared.leftOut?.[at] !== undefined) return [];
    return member.isStructSchema() ? undeclared(member, declared, `${at}.`) : [at];
  });
}

test.each(LISTED_KINDS)(
  'every member that Describe, List or Search gives of kind %s is a column, or left out for a reason',
  (kind) => {
    const declared = { columns: vertexColumns(kind, 'full'), ...omitColumns(kind) };

    expect(OUTPUTS[kind].flatMap((schema) => undeclared(schema, declared))).toEqual([]);
  },
);

test('every member of an association is a column, its ends or its label', () => {
  const leftOut = { SourceArn: '`~from`', DestinationArn: '`~to`', AssociationType: '`~label`' };

  expect(undeclared(AssociationSummary$, { columns: EDGE_COLUMNS, leftOut })).toEqual([]);
});

test('a new member of the SDK, or a column that is taken away, is found', () => {
  const { properties: _, ...columns } = vertexColumns('artifact', 'full');

  expect(undeclared(DescribeArtifactResponse$, { columns })).toEqual(['Properties']);
  expect(undeclared(DescribeArtifactResponse$, { columns: {} })).toContain('MetadataProperties.CommitId');
  expect(undeclared(ListTagsOutput$, { columns: vertexColumns('artifact', 'full') })).toEqual(['NextToken']);
});

test('nothing is left out or renamed that SageMaker does not have, and no column comes from nowhere', () => {
  for (const kind of LISTED_KINDS) {
    const members = new Set(OUTPUTS[kind].flatMap((schema) => paths(schema)));
    const { renamed, leftOut } = omitColumns(kind);
    const sources = Object.values(vertexColumns(kind, 'full'))
      .map(({ source }) => source)
      .filter((source) => !source.startsWith('('));
    const named = [...Object.keys(leftOut), ...Object.entries(renamed).flat(), ...sources];
    // Tags are in Search for some kinds; for the others they come from ListTags.
    expect(named.filter((path) => !members.has(path) && path !== 'Tags')).toEqual([]);
  }
});

test('docs/schema.md shows the columns', async () => {
  await expectTable('schema.md', 'schema', schemaMarkdown());
});

function omitColumns(kind: ListedKind): Required<Omit<Declared, 'columns'>> {
  const { renamed, leftOut } = DETAILS[kind];
  return { renamed, leftOut };
}

function paths(schema: unknown, path = ''): string[] {
  return [...NormalizedSchema.of(schema as never).structIterator()].flatMap(([name, member]) => {
    const at = `${path}${name}`;
    const isDeep = member.isStructSchema() && path.split('.').length < 3;
    return isDeep ? [at, ...paths(member, `${at}.`)] : [at];
  });
}
