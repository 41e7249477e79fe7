import { type ActionSummary, ListActionsCommand, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { VertexRow } from '../graph/rows.ts';
import { type Origin, owner, required, text } from './cells.ts';
import { type ListingOptions, type Page, paging, readPages, watched } from './pages.ts';
import { createdBetween } from './window.ts';

/** Every action of the account, oldest first. */
export function getActions(
  client: SageMakerClient,
  options: ListingOptions = {},
): AsyncGenerator<Page<ActionSummary>> {
  return readPages(
    {
      operation: 'ListActions',
      send: (NextToken, sendOptions) =>
        client.send(
          watched(
            new ListActionsCommand({
              ...paging(options),
              ...createdBetween(options.window),
              NextToken,
            }),
            options.onCall,
          ),
          sendOptions,
        ),
      records: (reply) => reply.ActionSummaries,
    },
    options,
  );
}

export function actionRow(summary: ActionSummary, origin: Origin): VertexRow<'action'> {
  const arn = required(summary.ActionArn, 'ActionArn', origin);
  const created = required(summary.CreationTime, 'CreationTime', origin);
  return {
    kind: 'action',
    id: arn,
    orderMs: created.getTime(),
    cells: {
      arn,
      sourceuri: text(summary.Source?.SourceUri),
      status: text(summary.Status),
      type: text(summary.ActionType),
      creationtime: created,
      LastModifiedTime: summary.LastModifiedTime,
      name: text(summary.ActionName),
      sourcetype: text(summary.Source?.SourceType),
      sourceid: text(summary.Source?.SourceId),
      ...owner(arn),
    },
  };
}
