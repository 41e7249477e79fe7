import {
  type ResourceType,
  type SageMakerClient,
  SearchCommand,
  type SearchRecord,
  type SearchResponse,
} from '@aws-sdk/client-sagemaker';
import { LineageError } from '../errors.ts';
import { type Created, type ListingOptions, type Page, paging, readPages, watched } from './pages.ts';
import { createdBetween } from './window.ts';

export type SearchQuery<Item> = {
  readonly resource: ResourceType;
  /** The member of a result that holds the record. */
  readonly member: (record: SearchRecord) => Item | undefined;
  /** Creation times to search, both ends included. @default what surely includes the window of the options */
  readonly created?: { readonly from: Date; readonly until: Date };
};

/** Full records, a hundred a call, oldest first. @throws LineageError (partialExport) where Search ends too early */
export function search<Item extends Created>(
  client: SageMakerClient,
  { resource, member, created }: SearchQuery<Item>,
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
              SearchExpression: { Filters: filters(created ?? windowRange(options)) },
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

type Range = { readonly from: Date; readonly until: Date | undefined };

function windowRange({ window }: ListingOptions): Range {
  const { CreatedAfter = BEFORE_SAGEMAKER, CreatedBefore } = createdBetween(window);
  return { from: CreatedAfter, until: CreatedBefore };
}

function filters({ from, until }: Range) {
  const since = { Operator: 'GreaterThanOrEqualTo', Value: from.toISOString() } as const;
  const to = { Operator: 'LessThanOrEqualTo', Value: until?.toISOString() } as const;
  const bounds = until === undefined ? [since] : [since, to];
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
