import {
  AddAssociation$,
  AddTags$,
  AssociateTrialComponent$,
  CreateAction$,
  CreateArtifact$,
  CreateContext$,
  CreateExperiment$,
  CreateTrial$,
  CreateTrialComponent$,
  DeleteAction$,
  DeleteArtifact$,
  DeleteAssociation$,
  DeleteContext$,
  DeleteExperiment$,
  DeleteTags$,
  DeleteTrial$,
  DeleteTrialComponent$,
  DescribeAction$,
  DescribeArtifact$,
  DescribeContext$,
  DescribeEndpoint$,
  DescribeExperiment$,
  DescribeLineageGroup$,
  DescribeModelPackage$,
  DescribeTrial$,
  DescribeTrialComponent$,
  DisassociateTrialComponent$,
  GetLineageGroupPolicy$,
  ListActions$,
  ListArtifacts$,
  ListAssociations$,
  ListContexts$,
  ListExperiments$,
  ListLineageGroups$,
  ListModelPackages$,
  ListPipelineExecutionSteps$,
  ListTags$,
  ListTrialComponents$,
  ListTrials$,
  QueryLineage$,
  Search$,
  UpdateAction$,
  UpdateArtifact$,
  UpdateContext$,
  UpdateExperiment$,
  UpdateTrial$,
  UpdateTrialComponent$,
} from '@aws-sdk/client-sagemaker';
import * as actions from './actions.ts';
import * as artifacts from './artifacts.ts';
import * as associations from './associations.ts';
import type { Call } from './call.ts';
import * as contexts from './contexts.ts';
import * as derived from './derived.ts';
import * as experiments from './experiments.ts';
import * as groups from './lineage-groups.ts';
import * as memberships from './memberships.ts';
import { queryLineage } from './query-lineage.ts';
import { search } from './search.ts';
import * as tags from './tags.ts';
import * as components from './trial-components.ts';
import * as trials from './trials.ts';
import { type OperationSchema, operationName } from './wire.ts';

export type Operation = {
  readonly schema: OperationSchema;
  /** The reply to a request that `readRequest` read by the same schema. */
  handle(call: Call, request: unknown): object;
};

/** What the service can do. A handler takes the request type of its schema; the table cannot say so for each row. */
const TABLE: readonly (readonly [schema: OperationSchema, handle: (call: Call, request: never) => object])[] =
  [
    [CreateArtifact$, artifacts.createArtifact],
    [DescribeArtifact$, artifacts.describeArtifact],
    [UpdateArtifact$, artifacts.updateArtifact],
    [DeleteArtifact$, artifacts.deleteArtifact],
    [ListArtifacts$, artifacts.listArtifacts],

    [CreateAction$, actions.createAction],
    [DescribeAction$, actions.describeAction],
    [UpdateAction$, actions.updateAction],
    [DeleteAction$, actions.deleteAction],
    [ListActions$, actions.listActions],

    [CreateContext$, contexts.createContext],
    [DescribeContext$, contexts.describeContext],
    [UpdateContext$, contexts.updateContext],
    [DeleteContext$, contexts.deleteContext],
    [ListContexts$, contexts.listContexts],

    [CreateExperiment$, experiments.createExperiment],
    [DescribeExperiment$, experiments.describeExperiment],
    [UpdateExperiment$, experiments.updateExperiment],
    [DeleteExperiment$, experiments.deleteExperiment],
    [ListExperiments$, experiments.listExperiments],

    [CreateTrial$, trials.createTrial],
    [DescribeTrial$, trials.describeTrial],
    [UpdateTrial$, trials.updateTrial],
    [DeleteTrial$, trials.deleteTrial],
    [ListTrials$, trials.listTrials],

    [CreateTrialComponent$, components.createTrialComponent],
    [DescribeTrialComponent$, components.describeTrialComponent],
    [UpdateTrialComponent$, components.updateTrialComponent],
    [DeleteTrialComponent$, components.deleteTrialComponent],
    [ListTrialComponents$, components.listTrialComponents],
    [AssociateTrialComponent$, memberships.associateTrialComponent],
    [DisassociateTrialComponent$, memberships.disassociateTrialComponent],

    [AddAssociation$, associations.addAssociation],
    [DeleteAssociation$, associations.deleteAssociation],
    [ListAssociations$, associations.listAssociations],
    [QueryLineage$, queryLineage],
    [Search$, search],

    [AddTags$, tags.addTags],
    [DeleteTags$, tags.deleteTags],
    [ListTags$, tags.listTags],

    [ListLineageGroups$, groups.listLineageGroups],
    [DescribeLineageGroup$, groups.describeLineageGroup],
    [GetLineageGroupPolicy$, groups.getLineageGroupPolicy],

    [DescribeEndpoint$, derived.describeEndpoint],
    [ListModelPackages$, derived.listModelPackages],
    [DescribeModelPackage$, derived.describeModelPackage],
    [ListPipelineExecutionSteps$, derived.listPipelineExecutionSteps],
  ];

/** Operations by name. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  TABLE.map(([schema, handle]) => [operationName(schema), { schema, handle: handle as Operation['handle'] }]),
);
