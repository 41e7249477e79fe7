import type {
  ArtifactSource,
  ArtifactSummary,
  CreateArtifactRequest,
  CreateArtifactResponse,
  DeleteArtifactRequest,
  DeleteArtifactResponse,
  DescribeArtifactRequest,
  DescribeArtifactResponse,
  ListArtifactsRequest,
  ListArtifactsResponse,
  UpdateArtifactRequest,
  UpdateArtifactResponse,
} from '@aws-sdk/client-sagemaker';
import { artifactId } from '../artifact-id.ts';
import type { ArtifactRecord } from '../records.ts';
import { type Account, entityArn } from './account.ts';
import type { Call } from './call.ts';
import { born, createEntity, givenTags } from './creation.ts';
import { authors, lifetime, mergedProperties } from './entity-members.ts';
import { lineageGroupArn } from './lineage-groups.ts';
import { entityPage } from './listing.ts';
import { assertNotAssociated, findEntity, findReadable, removeEntity } from './lookup.ts';
import { present } from './present.ts';
import { validation } from './refusal.ts';
import type { Checked } from './wire.ts';

/** One artifact per SourceUri, whose id derives from it (Developer Guide, lineage-tracking-entities). */
export function createArtifact(call: Call, request: Checked<CreateArtifactRequest>): CreateArtifactResponse {
  const { SourceUri, SourceTypes } = request.Source;
  const [twin] = call.account.entities.bySource('artifact', SourceUri);
  if (twin !== undefined) {
    throw validation(
      `Artifact with SourceUri (${SourceUri}) already exists: ${call.account.entities.arn(twin)}`,
    );
  }
  const record: ArtifactRecord = {
    kind: 'artifact',
    ArtifactArn: entityArn(call.account, 'artifact', artifactId(SourceUri)),
    ArtifactType: request.ArtifactType,
    Source: { SourceUri, ...present({ SourceTypes: SourceTypes?.map((type) => ({ ...type })) }) },
    ...present({
      ArtifactName: request.ArtifactName,
      Properties: request.Properties,
      MetadataProperties: request.MetadataProperties,
    }),
    ...givenTags(request.Tags),
    ...born(call),
  };
  createEntity(call, record);
  return { ArtifactArn: record.ArtifactArn };
}

export function describeArtifact(
  call: Call,
  request: Checked<DescribeArtifactRequest>,
): DescribeArtifactResponse {
  const { record, owner } = findReadable(call, 'artifact', request.ArtifactArn);
  return {
    ...artifactSummary(record),
    Properties: record.Properties,
    MetadataProperties: record.MetadataProperties,
    ...authors(record),
    LineageGroupArn: lineageGroupArn(owner),
  };
}

export function updateArtifact(call: Call, request: Checked<UpdateArtifactRequest>): UpdateArtifactResponse {
  const { record } = findEntity(call.account, 'artifact', request.ArtifactArn);
  Object.assign(record, present({ ArtifactName: request.ArtifactName }), mergedProperties(record, request), {
    LastModifiedTime: call.now,
  });
  call.account.memo.clear();
  return { ArtifactArn: record.ArtifactArn };
}

export function deleteArtifact(
  { account }: Call,
  request: Checked<DeleteArtifactRequest>,
): DeleteArtifactResponse {
  if (request.ArtifactArn === undefined && request.Source === undefined) {
    throw validation('Either ArtifactArn or Source must be specified.');
  }
  const found = findEntity(account, 'artifact', request.ArtifactArn ?? arnOfSource(account, request.Source));
  assertNotAssociated(account, found);
  removeEntity(account, found);
  return { ArtifactArn: found.record.ArtifactArn };
}

export function listArtifacts(call: Call, request: Checked<ListArtifactsRequest>): ListArtifactsResponse {
  const { entities } = call.account;
  const { SourceUri: uri, ArtifactType: type } = request;
  const { ids, NextToken } = entityPage(call, request, {
    kind: 'artifact',
    sortBy: 'CreationTime',
    inclusive: true,
    among: uri === undefined ? undefined : { key: uri, ids: () => entities.bySource('artifact', uri) },
    accepts: type === undefined ? undefined : (id) => entities.as('artifact', id).ArtifactType === type,
  });
  return { ArtifactSummaries: ids.map((id) => artifactSummary(entities.as('artifact', id))), NextToken };
}

/** Artifacts that SageMaker makes have no name, and an empty list of source types. */
function artifactSummary(record: ArtifactRecord): ArtifactSummary {
  const { SourceUri, SourceTypes = [] } = record.Source;
  return {
    ArtifactArn: record.ArtifactArn,
    ArtifactName: record.ArtifactName,
    Source: { SourceUri, SourceTypes },
    ArtifactType: record.ArtifactType,
    ...lifetime(record),
  };
}

function arnOfSource(account: Account, source: Checked<ArtifactSource> | undefined): string {
  const uri = source?.SourceUri ?? '';
  const [id] = account.entities.bySource('artifact', uri);
  return id === undefined ? entityArn(account, 'artifact', artifactId(uri)) : account.entities.arn(id);
}
