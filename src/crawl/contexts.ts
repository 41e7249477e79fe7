import { type ContextSummary, ListContextsCommand, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { VertexRow } from '../graph/rows.ts';
import { type Origin, owner, required, text } from './cells.ts';
import { type ListingOptions, type Page, paging, readPages, watched } from './pages.ts';
import { createdBetween } from './window.ts';

/** Every context of the account, oldest first. */
export function getContexts(
  client: SageMakerClient,
  options: ListingOptions = {},
): AsyncGenerator<Page<ContextSummary>> {
  return readPages(
    {
      operation: 'ListContexts',
      send: (NextToken, sendOptions) =>
        client.send(
          watched(
            new ListContextsCommand({
              ...paging(options),
              ...createdBetween(options.window),
              NextToken,
            }),
            options.onCall,
          ),
          sendOptions,
        ),
      records: (reply) => reply.ContextSummaries,
    },
    options,
  );
}

export function contextRow(summary: ContextSummary, origin: Origin): VertexRow<'context'> {
  const arn = required(summary.ContextArn, 'ContextArn', origin);
  const created = required(summary.CreationTime, 'CreationTime', origin);
  return {
    kind: 'context',
    id: arn,
    orderMs: created.getTime(),
    cells: {
      arn,
      sourceuri: text(summary.Source?.SourceUri),
      type: text(summary.ContextType),
      creationtime: created,
      LastModifiedTime: summary.LastModifiedTime,
      name: text(summary.ContextName),
      sourcetype: text(summary.Source?.SourceType),
      sourceid: text(summary.Source?.SourceId),
      ...owner(arn),
    },
  };
}
