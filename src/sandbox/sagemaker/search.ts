import {
  Experiment$,
  type SearchRecord,
  type SearchRequest,
  type SearchResponse,
  Trial$,
  TrialComponent$,
  type TrialComponentSourceDetail,
} from '@aws-sdk/client-sagemaker';
import { NormalizedSchema } from '@smithy/core/schema';
import type { ExperimentRecord, TrialComponentRecord, TrialRecord } from '../records.ts';
import type { Account } from './account.ts';
import type { Call } from './call.ts';
import { authors, lifetime } from './entity-members.ts';
import { lineageGroupArn } from './lineage-groups.ts';
import { componentsOfTrial, trialsOfComponent } from './memberships.ts';
import { page } from './paging.ts';
import { createdWithin, type Expression, expressionTest } from './search-expression.ts';
import { type Members, type Property, property } from './search-property.ts';
import { countBefore, type Listing, listingByNumber, listingByText } from './sorted-ids.ts';
import { tagList, tagsOf } from './tags.ts';
import { trialComponentDetail } from './trial-components.ts';
import type { Checked } from './wire.ts';

type SearchedKind = 'experiment' | 'trial' | 'trial_component';

/** The resources that the sandbox holds; a search for any other finds nothing. */
const SEARCHED: Readonly<
  Record<string, { readonly kind: SearchedKind; readonly schema: NormalizedSchema } | undefined>
> = {
  Experiment: { kind: 'experiment', schema: NormalizedSchema.of(Experiment$) },
  ExperimentTrial: { kind: 'trial', schema: NormalizedSchema.of(Trial$) },
  ExperimentTrialComponent: { kind: 'trial_component', schema: NormalizedSchema.of(TrialComponent$) },
};

/** Full objects, a page at a time. Pages of one expression share its sorted matches until the account changes. */
export function search(call: Call, request: Checked<SearchRequest>): SearchResponse {
  const { account } = call;
  const { Resource, SearchExpression, SortBy = 'LastModifiedTime', SortOrder = 'Descending' } = request;
  const searched = SEARCHED[Resource];
  // Nothing is shared between the sandbox's accounts, so nothing of another account can be discovered.
  if (searched === undefined || request.CrossAccountFilterOption === 'CrossAccount') {
    return { Results: [], TotalHits: { Value: 0, Relation: 'EqualTo' } };
  }
  const { kind, schema } = searched;
  const matches = account.memo.get(JSON.stringify([Resource, SearchExpression, SortBy, SortOrder]), () => {
    const test = expressionTest(schema, SearchExpression);
    const ids = candidates(account, kind, SearchExpression).filter((id) => test(members(account, id)));
    return sortedMatches(account, ids, property(schema, SortBy), SortOrder === 'Ascending');
  });
  const { ids, NextToken } = page(call, request, { listing: matches, sortedBy: `${Resource} ${SortBy}` });
  return {
    Results: ids.map((id) => searchRecord(account, id)),
    NextToken,
    TotalHits: { Value: matches.ids.length, Relation: 'EqualTo' },
  };
}

/** By creation time. A crawl that asks window by window would otherwise look at the whole account for each. */
function candidates(account: Account, kind: SearchedKind, expression: Expression | undefined): Uint32Array {
  const listing = account.entities.listing(kind);
  const [least, most] = createdWithin(expression);
  return listing.ids.subarray(
    countBefore(listing, [least, -1], false),
    countBefore(listing, [most, Number.POSITIVE_INFINITY], false),
  );
}

/** Entities without the property come last in either order; all have the time that the candidates come by. */
function sortedMatches(account: Account, ids: Uint32Array, sort: Property, ascending: boolean): Listing {
  if (sort.name === 'CreationTime') {
    return { ids, keyOf: (id) => account.entities.record(id)?.CreationTime ?? 0 };
  }
  const values = new Map(Array.from(ids, (id) => [id, sort.values(members(account, id))[0]]));
  if ([...values.values()].some((value) => typeof value === 'string')) {
    return listingByText(ids, (id) => String(values.get(id) ?? (ascending ? '\uffff' : '')));
  }
  const missing = ascending ? Number.MAX_VALUE : -Number.MAX_VALUE;
  return listingByNumber(ids, (id) => {
    const value = Number(values.get(id) ?? missing);
    // A metric may be NaN, which has no place in an order.
    return Number.isNaN(value) ? missing : value;
  });
}

/** The members of one entity by name: worked out only when an expression asks for them. */
function members(account: Account, id: number): Members {
  const record = account.entities.record(id);
  return (name) => {
    if (record === undefined) return undefined;
    if (name === 'Tags') return tagList(record.Tags);
    if (name === 'Parents') return parents(account, id);
    if (name === 'TrialComponentSummaries') return simpleSummaries(account, id);
    if (name === 'LineageGroupArn') return lineageGroupArn(account);
    return (record as Readonly<Record<string, unknown>>)[name];
  };
}

function searchRecord(account: Account, id: number): SearchRecord {
  const record = account.entities.record(id);
  switch (record?.kind) {
    case 'experiment':
      return { Experiment: experiment(record) };
    case 'trial':
      return { Trial: trial(account, id, record) };
    case 'trial_component':
      return { TrialComponent: trialComponent(account, id, record) };
    default:
      return {};
  }
}

function experiment(record: ExperimentRecord): SearchRecord['Experiment'] {
  const { ExperimentName, ExperimentArn, DisplayName, Source, Description, Tags } = record;
  return {
    ExperimentName,
    ExperimentArn,
    DisplayName,
    Source,
    Description,
    Tags: tagList(Tags),
    ...lifetime(record),
    ...authors(record),
  };
}

function trial(account: Account, id: number, record: TrialRecord): SearchRecord['Trial'] {
  const { TrialName, TrialArn, DisplayName, ExperimentName, Source, MetadataProperties, Tags } = record;
  return {
    TrialName,
    TrialArn,
    DisplayName,
    ExperimentName,
    Source,
    MetadataProperties,
    Tags: tagList(Tags),
    TrialComponentSummaries: simpleSummaries(account, id),
    ...lifetime(record),
    ...authors(record),
  };
}

function trialComponent(
  account: Account,
  id: number,
  record: TrialComponentRecord,
): SearchRecord['TrialComponent'] {
  return {
    ...trialComponentDetail(record),
    LineageGroupArn: lineageGroupArn(account),
    Tags: tagList(record.Tags),
    Parents: parents(account, id),
    RunName: record.RunName,
    SourceDetail: sourceDetail(account, record),
  };
}

/** Of the job that a component came from, which AWS gives whole, the sandbox has its name, its ARN and its tags. */
function sourceDetail(
  account: Account,
  { Source }: TrialComponentRecord,
): TrialComponentSourceDetail | undefined {
  if (Source?.SourceType === undefined) return undefined;
  const { SourceArn } = Source;
  const name = SourceArn.slice(SourceArn.lastIndexOf('/') + 1);
  const Tags = () => tagList(tagsOf(account, SourceArn));
  switch (Source.SourceType) {
    case 'SageMakerTrainingJob':
      return { SourceArn, TrainingJob: { TrainingJobName: name, TrainingJobArn: SourceArn, Tags: Tags() } };
    case 'SageMakerProcessingJob':
      return {
        SourceArn,
        ProcessingJob: { ProcessingJobName: name, ProcessingJobArn: SourceArn, Tags: Tags() },
      };
    case 'SageMakerTransformJob':
      return {
        SourceArn,
        TransformJob: { TransformJobName: name, TransformJobArn: SourceArn, Tags: Tags() },
      };
    default:
      return undefined;
  }
}

function parents(account: Account, component: number) {
  return trialsOfComponent(account, component).map((id) => {
    const { TrialName, ExperimentName } = account.entities.as('trial', id);
    return { TrialName, ExperimentName };
  });
}

function simpleSummaries(account: Account, trialId: number) {
  return componentsOfTrial(account, trialId).map((id) => {
    const record = account.entities.as('trial_component', id);
    const { TrialComponentName, TrialComponentArn, Source } = record;
    return {
      TrialComponentName,
      TrialComponentArn,
      TrialComponentSource: Source,
      CreationTime: new Date(record.CreationTime),
      CreatedBy: record.CreatedBy ?? {},
    };
  });
}
