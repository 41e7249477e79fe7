import type {
  Edge,
  LineageType,
  QueryFilters,
  QueryLineageRequest,
  QueryLineageResponse,
  Vertex,
} from '@aws-sdk/client-sagemaker';
import { kindOfArn } from '../../graph/arn.ts';
import type { ListedKind } from '../../graph/kinds.ts';
import type { EntityRecord } from '../records.ts';
import { type Account, associationType } from './account.ts';
import type { Call } from './call.ts';
import { onTheWay, type Walk, walk } from './lineage-walk.ts';
import { missing } from './lookup.ts';
import { page } from './paging.ts';
import { validation } from './refusal.ts';
import { comparePositions, type Listing, listingByNumber, type Position } from './sorted-ids.ts';
import type { Checked } from './wire.ts';

/** Both the limit and the default (QueryLineage API page). */
const MAX_DEPTH = 10;
const MAX_PAGE = 50;

type Request = Checked<QueryLineageRequest>;
type Answer = { readonly vertices: Listing; readonly edges: ReadonlyMap<number, readonly number[]> };

/**
 * Vertices by distance from the start, then by id. Without edges: the entities that the filters match, the start never
 * among them. With edges: also the start and what lies on the way, and every association between these; an edge comes
 * with the page that completes its two ends.
 */
export function queryLineage(call: Call, request: Request): QueryLineageResponse {
  const { NextToken: token, MaxResults, ...question } = request;
  const account = call.lenderOf(request.StartArns?.[0] ?? '') ?? call.account;
  const { vertices, edges } = account.memo.get(JSON.stringify(['lineage', question]), () =>
    answer(account, question),
  );
  const shown = page(
    call,
    { NextToken: token, MaxResults },
    { listing: vertices, sortedBy: 'depth', defaultOrder: 'Ascending', defaultSize: MAX_PAGE },
  );
  return {
    Vertices: shown.ids.map((id) => vertex(account, id)),
    Edges: shown.ids.flatMap((id) => edges.get(id) ?? []).map((id) => edge(account, id)),
    NextToken: shown.NextToken,
  };
}

function answer(account: Account, request: Request): Answer {
  const [arn] = request.StartArns ?? [];
  if (arn === undefined) throw validation('StartArns must name the ARN to start from.');
  const start = account.entities.find(arn);
  if (start === undefined) throw missing(account, arn, 'Lineage entity');

  const { Direction: direction = 'Both', Filters: filters = {}, MaxDepth: maxDepth = MAX_DEPTH } = request;
  const walked = walk(account, start, direction, maxDepth);
  const matches = [...walked.depths.keys()].filter((id) => id !== start && isMatch(account, id, filters));
  if (request.IncludeEdges !== true) return { vertices: byDepth(walked, matches), edges: new Map() };

  const kept = onTheWay(account, walked, direction, matches);
  const { associations } = account;
  const edges = [...walked.followed].filter(
    (id) => kept.has(associations.from(id)) && kept.has(associations.to(id)),
  );
  const vertices = byDepth(walked, [...kept]);
  return { vertices, edges: byLastEnd(account, vertices, edges) };
}

function byDepth({ depths }: Walk, ids: readonly number[]): Listing {
  return listingByNumber(ids, (id) => depths.get(id) ?? 0);
}

/** Associations by the vertex that comes last of the two: on its page both ends are known. */
function byLastEnd(account: Account, vertices: Listing, edges: readonly number[]): Map<number, number[]> {
  const { associations } = account;
  const place = (id: number): Position => [vertices.keyOf(id), id];
  const grouped = new Map<number, number[]>();
  for (const edge of edges) {
    const [from, to] = [associations.from(edge), associations.to(edge)];
    const last = comparePositions(place(from), place(to)) > 0 ? from : to;
    const others = grouped.get(last);
    if (others === undefined) grouped.set(last, [edge]);
    else others.push(edge);
  }
  return grouped;
}

function edge(account: Account, id: number): Edge {
  const { associations, entities } = account;
  return {
    SourceArn: entities.arn(associations.from(id)),
    DestinationArn: entities.arn(associations.to(id)),
    AssociationType: associationType(account, id),
  };
}

const LINEAGE_TYPES: Readonly<Partial<Record<ListedKind, LineageType>>> = {
  artifact: 'Artifact',
  action: 'Action',
  context: 'Context',
  trial_component: 'TrialComponent',
};

function vertex(account: Account, id: number): Vertex {
  return {
    Arn: account.entities.arn(id),
    Type: vertexType(account, id),
    LineageType: lineageType(account, id),
  };
}

function lineageType(account: Account, id: number): LineageType | undefined {
  const kind = kindOfArn(account.entities.arn(id));
  return kind && LINEAGE_TYPES[kind];
}

/** Jobs go by `TrainingJob` here, not by `SageMakerTrainingJob` as in listings (SDK: LineageSourceEnum). */
function vertexType(account: Account, id: number): string | undefined {
  const record = account.entities.record(id);
  switch (record?.kind) {
    case 'artifact':
      return record.ArtifactType;
    case 'action':
      return record.ActionType;
    case 'context':
      return record.ContextType;
    case 'trial_component':
      return record.Source?.SourceType?.replace(/^SageMaker/, '');
    default:
      return foreignType(account, id);
  }
}

/** All that is known of another account's entity is what an association says of it. */
function foreignType(account: Account, id: number): string | undefined {
  const { associations, associationExtras } = account;
  const asSource = associations.leaving(id).map((link) => associationExtras.get(link)?.SourceType);
  const asDestination = associations.reaching(id).map((link) => associationExtras.get(link)?.DestinationType);
  return [...asSource, ...asDestination].find((type) => typeof type === 'string') ?? undefined;
}

/** All given filters must agree; of several properties one is enough (QueryFilters API page). */
function isMatch(account: Account, id: number, filters: Checked<QueryFilters>): boolean {
  const { Types: types, LineageTypes: lineageTypes, Properties: properties } = filters;
  const record = account.entities.record(id);
  const type = vertexType(account, id);
  const entityType = lineageType(account, id);
  if (entityType === undefined) return false;
  if (types !== undefined && types.length > 0 && (type === undefined || !types.includes(type))) return false;
  if (lineageTypes !== undefined && lineageTypes.length > 0 && !lineageTypes.includes(entityType))
    return false;
  if (!isWithin(record?.CreationTime, filters.CreatedAfter, filters.CreatedBefore)) return false;
  if (!isWithin(record?.LastModifiedTime, filters.ModifiedAfter, filters.ModifiedBefore)) return false;
  return properties === undefined || hasAnyProperty(record, properties);
}

function isWithin(time: number | undefined, after: Date | undefined, before: Date | undefined): boolean {
  if (after === undefined && before === undefined) return true;
  if (time === undefined) return false;
  return (after === undefined || time > after.getTime()) && (before === undefined || time < before.getTime());
}

function hasAnyProperty(
  record: EntityRecord | undefined,
  properties: Readonly<Record<string, string>>,
): boolean {
  const wanted = Object.entries(properties);
  if (wanted.length === 0) return true;
  const own = record !== undefined && 'Properties' in record ? record.Properties : undefined;
  return wanted.some(([key, value]) => own?.[key] === value);
}
