import { type ArtifactSummary, ListArtifactsCommand, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { VertexRow } from '../graph/rows.ts';
import { json, type Origin, owner, required, text } from './cells.ts';
import { type ListingOptions, type Page, paging, readPages, watched } from './pages.ts';
import { createdBetween } from './window.ts';

/** Every artifact of the account, oldest first. */
export function getArtifacts(
  client: SageMakerClient,
  options: ListingOptions = {},
): AsyncGenerator<Page<ArtifactSummary>> {
  return readPages(
    {
      operation: 'ListArtifacts',
      send: (NextToken, sendOptions) =>
        client.send(
          watched(
            new ListArtifactsCommand({
              ...paging(options),
              ...createdBetween(options.window),
              NextToken,
            }),
            options.onCall,
          ),
          sendOptions,
        ),
      records: (reply) => reply.ArtifactSummaries,
    },
    options,
  );
}

export function artifactRow(summary: ArtifactSummary, origin: Origin): VertexRow<'artifact'> {
  const arn = required(summary.ArtifactArn, 'ArtifactArn', origin);
  const created = required(summary.CreationTime, 'CreationTime', origin);
  return {
    kind: 'artifact',
    id: arn,
    orderMs: created.getTime(),
    cells: {
      arn,
      sourceuri: text(summary.Source?.SourceUri),
      type: text(summary.ArtifactType),
      creationtime: created,
      LastModifiedTime: summary.LastModifiedTime,
      name: text(summary.ArtifactName),
      sourcetypes: json(summary.Source?.SourceTypes),
      ...owner(arn),
    },
  };
}
