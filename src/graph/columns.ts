import type { Kind } from './kinds.ts';

/**
 * One property column of a vertex or edge file. Header, row type and the schema page of the docs derive from it.
 * `String` holds text, `Datetime` a time in whole seconds (the finest form that Neptune documents), `Long` an integer.
 */
export type Column = TextColumn | TimeColumn | MillisecondsColumn;

type TextColumn = { readonly type: 'String'; readonly source: string };
type TimeColumn = { readonly type: 'Datetime'; readonly source: string };
/** The same moment as a time column, in epoch milliseconds: what the whole seconds of `Datetime` leave out. */
type MillisecondsColumn = { readonly type: 'Long'; readonly source: string; readonly millisecondsOf: string };

/** Columns by property name, in the order of the header. */
export type Columns = Readonly<Record<string, Column>>;

/** Text taken from the named member of the SageMaker record; objects and lists as JSON. */
const text = (source: string) => ({ type: 'String', source }) as const;
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
    sourcetypes: text('Source.SourceTypes'),
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
    createdby: text('CreatedBy'),
    lastmodifiedby: text('LastModifiedBy'),
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

/** The columns of `edges.csv`: the members of AssociationSummary. Membership edges leave them blank. */
export const EDGE_COLUMNS = {
  creationtime: time('CreationTime'),
  sourcetype: text('SourceType'),
  destinationtype: text('DestinationType'),
  sourcename: text('SourceName'),
  destinationname: text('DestinationName'),
  createdby: text('CreatedBy'),
  creationtimems: milliseconds('creationtime', 'CreationTime'),
} as const satisfies Columns;
