import {
  type ResourceType,
  type SageMakerClient,
  SearchCommand,
  type SearchRecord,
  type SearchResponse,
  type Trial,
  type TrialComponent,
} from '@aws-sdk/client-sagemaker';
import { LineageError } from '../errors.ts';
import { parseArn } from '../graph/arn.ts';
import { edgeId } from '../graph/ids.ts';
import { KINDS, MEMBERSHIP_LABELS, type MembershipLabel } from '../graph/kinds.ts';
import type { EdgeRow } from '../graph/rows.ts';
import { type Origin, required } from './cells.ts';
import {
  type Created,
  type ListingOptions,
  type Page,
  paging,
  readPages,
  type TimeWindow,
  watched,
} from './pages.ts';
import { createdBetween } from './window.ts';

/**
 * Which experiment a trial, and which trials a component, belongs to. Neither List summaries nor associations say it;
 * Search gives it for a hundred records a call (Search API page: TrialComponent.Parents, Trial.ExperimentName).
 */
export function getTrialMemberships(
  client: SageMakerClient,
  options: ListingOptions = {},
): AsyncGenerator<Page<Trial>> {
  return search(client, 'ExperimentTrial', ({ Trial }) => Trial, options);
}

/** See {@link getTrialMemberships}. */
export function getTrialComponentMemberships(
  client: SageMakerClient,
  options: ListingOptions = {},
): AsyncGenerator<Page<TrialComponent>> {
  return search(client, 'ExperimentTrialComponent', ({ TrialComponent }) => TrialComponent, options);
}

/** The edge from a trial's experiment to the trial. */
export function trialMembershipRows(trial: Trial, origin: Origin): readonly EdgeRow[] {
  const to = required(trial.TrialArn, 'Trial.TrialArn', origin);
  const orderMs = required(trial.CreationTime, 'Trial.CreationTime', origin).getTime();
  const experiment = required(trial.ExperimentName, 'Trial.ExperimentName', origin);
  return [
    membershipRow(siblingArn(to, 'experiment', experiment), MEMBERSHIP_LABELS.experimentToTrial, to, orderMs),
  ];
}

/** The edges from the trials that a component belongs to; none for a component outside trials. */
export function trialComponentMembershipRows(component: TrialComponent, origin: Origin): readonly EdgeRow[] {
  const to = required(component.TrialComponentArn, 'TrialComponent.TrialComponentArn', origin);
  const orderMs = required(component.CreationTime, 'TrialComponent.CreationTime', origin).getTime();
  return (component.Parents ?? []).map((parent) => {
    const trial = required(parent.TrialName, 'TrialComponent.Parents.TrialName', origin);
    return membershipRow(siblingArn(to, 'trial', trial), MEMBERSHIP_LABELS.trialToComponent, to, orderMs);
  });
}

/**
 * The ARN that an experiment or trial of this name has beside the given one, or the name itself where that is no ARN.
 * Names are not case-sensitive, so its spelling is settled against the listed ARNs later.
 */
export function siblingArn(arn: string, kind: 'experiment' | 'trial', name: string): string {
  const parts = parseArn(arn);
  if (parts === undefined) return name;
  const { partition, service, region, account } = parts;
  return `arn:${partition}:${service}:${region}:${account}:${KINDS[kind].resourceType}/${name}`;
}

function membershipRow(from: string, label: MembershipLabel, to: string, orderMs: number): EdgeRow {
  return {
    id: edgeId(from, label, to),
    from,
    to,
    label,
    orderMs,
    cells: {
      creationtime: undefined,
      sourcetype: undefined,
      destinationtype: undefined,
      sourcename: undefined,
      destinationname: undefined,
      createdby: undefined,
    },
  };
}

function search<Item extends Created>(
  client: SageMakerClient,
  resource: ResourceType,
  member: (record: SearchRecord) => Item | undefined,
  options: ListingOptions,
): AsyncGenerator<Page<Item>> {
  return readPages(
    {
      operation: 'Search',
      send: (NextToken, sendOptions) =>
        client.send(
          watched(
            new SearchCommand({
              Resource: resource,
              SearchExpression: { Filters: createdWithin(options.window) },
              ...paging(options),
              NextToken,
            }),
            options.onCall,
          ),
          sendOptions,
        ),
      records: (reply) =>
        reply.Results?.map(member).filter((item): item is Item & {} => item !== undefined && item !== null),
      onEnd: (reply, received) => assertAllReceived(resource, reply, received),
    },
    options,
  );
}

/** Before SageMaker: every record was created later. Search wants at least one filter (SearchExpression API page). */
const BEFORE_SAGEMAKER = new Date('2010-01-01T00:00:00Z');

function createdWithin(window: TimeWindow | undefined) {
  const { CreatedAfter = BEFORE_SAGEMAKER, CreatedBefore } = createdBetween(window);
  const since = { Operator: 'GreaterThanOrEqualTo', Value: CreatedAfter.toISOString() } as const;
  const until = { Operator: 'LessThanOrEqualTo', Value: CreatedBefore?.toISOString() } as const;
  const bounds = CreatedBefore === undefined ? [since] : [since, until];
  return bounds.map((bound) => ({ Name: 'CreationTime', ...bound }));
}

/**
 * Search may cap how many records it gives in all (undocumented), and says how many match. Fewer received than that is
 * an error; more are records that came into being meanwhile.
 */
function assertAllReceived(
  resource: ResourceType,
  { TotalHits, $metadata }: SearchResponse & { $metadata: { requestId?: string | undefined } },
  received: number,
): void {
  const total = TotalHits?.Value ?? 0;
  if (TotalHits?.Relation !== 'EqualTo' || received >= total) return;
  throw new LineageError(
    'partialExport',
    `Search(${resource}) ended after ${received} records where it says that ${total} match.`,
    {
      hint: 'Run the export again; if it recurs, give AWS Support the request id.',
      details: { operation: 'Search', resource, received, total, requestId: $metadata.requestId },
    },
  );
}
