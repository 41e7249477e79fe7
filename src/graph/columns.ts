import type { Kind } from './kinds.ts';

/** How much of each entity a run holds: what the listings give, or all that SageMaker knows of it. */
export type Detail = 'summary' | 'full';

/**
 * One property column of a vertex or edge file. Header, row type and the schema page of the docs derive from it.
 * `String` holds text, `Datetime` a time in whole seconds (the finest form that Neptune documents), `Long` an integer.
 */
export type Column = TextColumn | TimeColumn | MillisecondsColumn;

type TextColumn = {
  readonly type: 'String';
  readonly source: string;
  /** How the text holds an object or a list; absent where it is the member as it is. See src/crawl/detail-cells.ts. */
  readonly form?: 'json' | 'parameters' | 'metrics' | 'tags';
};
type TimeColumn = { readonly type: 'Datetime'; readonly source: string };
/** The same moment as a time column, in epoch milliseconds: what the whole seconds of `Datetime` leave out. */
type MillisecondsColumn = { readonly type: 'Long'; readonly source: string; readonly millisecondsOf: string };

/** Columns by property name, in the order of the header. */
export type Columns = Readonly<Record<string, Column>>;

/** Text taken from the named member of the SageMaker record. */
const text = (source: string) => ({ type: 'String', source }) as const;
/** An object or list of the record as JSON. */
const json = (source: string, form: 'json' | 'parameters' | 'metrics' | 'tags' = 'json') =>
  ({ type: 'String', source, form }) as const;
const time = (source: string) => ({ type: 'Datetime', source }) as const;
const milliseconds = <const Name extends string>(millisecondsOf: Name, source: string) =>
  ({ type: 'Long', source, millisecondsOf }) as const;

/** Account and region as the entity's ARN gives them. */
const OWNER = { account: text('(ARN)'), region: text('(ARN)') } as const;

const LIFETIME_MS = {
  creationtimems: milliseconds('creationtime', 'CreationTime'),
  lastmodifiedtimems: milliseconds('LastModifiedTime', 'LastModifiedTime'),
} as const;

/**
 * The columns of each vertex file. Those of AWS's governance notebook come first, under its names and in its order; the
 * rest follow. Every member of the List summaries is here (sources: the ListArtifacts, ListActions, ListContexts,
 * ListTrialComponents, ListTrials and ListExperiments API pages).
 */
export const VERTEX_COLUMNS = {
  artifact: {
    arn: text('ArtifactArn'),
    sourceuri: text('Source.SourceUri'),
    type: text('ArtifactType'),
    creationtime: time('CreationTime'),
    LastModifiedTime: time('LastModifiedTime'),
    name: text('ArtifactName'),
    sourcetypes: json('Source.SourceTypes'),
    ...OWNER,
    ...LIFETIME_MS,
  },
  trial_component: {
    arn: text('TrialComponentArn'),
    sourcearn: text('TrialComponentSource.SourceArn'),
    type: text('TrialComponentSource.SourceType'),
    creationtime: time('CreationTime'),
    LastModifiedTime: time('LastModifiedTime'),
    status: text('Status.PrimaryStatus'),
    message: text('Status.Message'),
    name: text('TrialComponentName'),
    displayname: text('DisplayName'),
    starttime: time('StartTime'),
    endtime: time('EndTime'),
    createdby: json('CreatedBy'),
    lastmodifiedby: json('LastModifiedBy'),
    ...OWNER,
    ...LIFETIME_MS,
    starttimems: milliseconds('starttime', 'StartTime'),
    endtimems: milliseconds('endtime', 'EndTime'),
  },
  action: {
    arn: text('ActionArn'),
    sourceuri: text('Source.SourceUri'),
    status: text('Status'),
    type: text('ActionType'),
    creationtime: time('CreationTime'),
    LastModifiedTime: time('LastModifiedTime'),
    name: text('ActionName'),
    sourcetype: text('Source.SourceType'),
    sourceid: text('Source.SourceId'),
    ...OWNER,
    ...LIFETIME_MS,
  },
  context: {
    arn: text('ContextArn'),
    sourceuri: text('Source.SourceUri'),
    type: text('ContextType'),
    creationtime: time('CreationTime'),
    LastModifiedTime: time('LastModifiedTime'),
    name: text('ContextName'),
    sourcetype: text('Source.SourceType'),
    sourceid: text('Source.SourceId'),
    ...OWNER,
    ...LIFETIME_MS,
  },
  experiment: {
    arn: text('ExperimentArn'),
    sourcearn: text('ExperimentSource.SourceArn'),
    type: text('ExperimentSource.SourceType'),
    creationtime: time('CreationTime'),
    LastModifiedTime: time('LastModifiedTime'),
    name: text('ExperimentName'),
    displayname: text('DisplayName'),
    ...OWNER,
    ...LIFETIME_MS,
  },
  trial: {
    arn: text('TrialArn'),
    sourcearn: text('TrialSource.SourceArn'),
    type: text('TrialSource.SourceType'),
    creationtime: time('CreationTime'),
    LastModifiedTime: time('LastModifiedTime'),
    name: text('TrialName'),
    displayname: text('DisplayName'),
    ...OWNER,
    ...LIFETIME_MS,
  },
  external: {
    arn: text('(the ARN on the association)'),
    type: text('SourceType or DestinationType of the association'),
    name: text('SourceName or DestinationName of the association'),
    ...OWNER,
  },
} as const satisfies Record<Kind, Columns>;

const METADATA = {
  commitid: text('MetadataProperties.CommitId'),
  repository: text('MetadataProperties.Repository'),
  generatedby: text('MetadataProperties.GeneratedBy'),
  projectid: text('MetadataProperties.ProjectId'),
} as const;

const AUTHOR_NAMES = {
  createdbyuser: text('CreatedBy.UserProfileName'),
  createdbydomain: text('CreatedBy.DomainId'),
  lastmodifiedbyuser: text('LastModifiedBy.UserProfileName'),
  lastmodifiedbydomain: text('LastModifiedBy.DomainId'),
} as const;

const AUTHORS = {
  createdby: json('CreatedBy'),
  lastmodifiedby: json('LastModifiedBy'),
  ...AUTHOR_NAMES,
} as const;

const LINEAGE_GROUP = { lineagegroup: text('LineageGroupArn') } as const;
const TAGS = { tags: json('Tags', 'tags') } as const;

/** What `--detail full` knows of a kind beyond its listing. */
type Details = {
  /** Columns that follow those of `VERTEX_COLUMNS`. */
  readonly columns: Columns;
  /** Members that Describe and Search call otherwise than the listing: their name by the listing's. */
  readonly renamed: Readonly<Record<string, string>>;
  /** Members of Describe or Search that are no column, and why. */
  readonly leftOut: Readonly<Record<string, string>>;
};

/**
 * What only Describe* or Search gives of each kind (sources: the DescribeArtifact, DescribeAction, DescribeContext,
 * DescribeTrialComponent, DescribeTrial, DescribeExperiment, ListTags and Search API pages). Every member of their replies
 * is here or in `VERTEX_COLUMNS`, or left out for a reason: a test walks the SDK's schemas, docs/schema.md shows it.
 */
export const DETAILS = {
  artifact: {
    columns: {
      properties: json('Properties'),
      ...METADATA,
      ...AUTHORS,
      ...LINEAGE_GROUP,
      ...TAGS,
    },
    renamed: {},
    leftOut: {},
  },
  trial_component: {
    columns: {
      parameters: json('Parameters', 'parameters'),
      inputartifacts: json('InputArtifacts'),
      outputartifacts: json('OutputArtifacts'),
      metrics: json('Metrics', 'metrics'),
      sources: json('Sources'),
      runname: text('RunName'),
      ...METADATA,
      ...AUTHOR_NAMES,
      ...LINEAGE_GROUP,
      ...TAGS,
      sourcetags: json('(tags of TrialComponentSource.SourceArn)', 'tags'),
      pipelineexecution: text('(its tag sagemaker:pipeline-execution-arn)'),
    },
    renamed: { TrialComponentSource: 'Source' },
    leftOut: {
      Parents: 'They are the `HasTrialComponent` edges.',
      SourceDetail:
        'It is the whole training, processing or transform job, which `sourcearn` names; of it, the tags are `sourcetags`.',
    },
  },
  action: {
    columns: {
      description: text('Description'),
      properties: json('Properties'),
      ...METADATA,
      ...AUTHORS,
      ...LINEAGE_GROUP,
      ...TAGS,
    },
    renamed: {},
    leftOut: {},
  },
  context: {
    columns: {
      description: text('Description'),
      properties: json('Properties'),
      ...AUTHORS,
      ...LINEAGE_GROUP,
      ...TAGS,
    },
    renamed: {},
    leftOut: {},
  },
  experiment: {
    columns: { description: text('Description'), ...AUTHORS, ...TAGS },
    renamed: { ExperimentSource: 'Source' },
    leftOut: {},
  },
  trial: {
    columns: { experimentname: text('ExperimentName'), ...METADATA, ...AUTHORS, ...TAGS },
    renamed: { TrialSource: 'Source' },
    leftOut: {
      TrialComponentSummaries:
        'They are the `HasTrialComponent` edges and the trial components that these lead to.',
    },
  },
  external: { columns: {}, renamed: {}, leftOut: {} },
} as const satisfies Record<Kind, Details>;

/** The columns of a vertex file, in the order of the header, but for promoted ones, which follow. */
export function vertexColumns(kind: Kind, detail: Detail): Columns {
  return detail === 'summary' ? VERTEX_COLUMNS[kind] : { ...VERTEX_COLUMNS[kind], ...DETAILS[kind].columns };
}

/** The columns of `edges.csv`: the members of AssociationSummary. Membership edges leave them blank. */
export const EDGE_COLUMNS = {
  creationtime: time('CreationTime'),
  sourcetype: text('SourceType'),
  destinationtype: text('DestinationType'),
  sourcename: text('SourceName'),
  destinationname: text('DestinationName'),
  createdby: json('CreatedBy'),
  creationtimems: milliseconds('creationtime', 'CreationTime'),
} as const satisfies Columns;
