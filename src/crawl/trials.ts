import { ListTrialsCommand, type SageMakerClient, type TrialSummary } from '@aws-sdk/client-sagemaker';
import type { VertexRow } from '../graph/rows.ts';
import { type Origin, owner, required, text } from './cells.ts';
import { type ListingOptions, type Page, paging, readPages, watched } from './pages.ts';
import { createdBetween } from './window.ts';

/** Every trial of the account, oldest first. */
export function getTrials(
  client: SageMakerClient,
  options: ListingOptions = {},
): AsyncGenerator<Page<TrialSummary>> {
  return readPages(
    {
      operation: 'ListTrials',
      send: (NextToken, sendOptions) =>
        client.send(
          watched(
            new ListTrialsCommand({
              ...paging(options),
              ...createdBetween(options.window),
              NextToken,
            }),
            options.onCall,
          ),
          sendOptions,
        ),
      records: (reply) => reply.TrialSummaries,
    },
    options,
  );
}

export function trialRow(summary: TrialSummary, origin: Origin): VertexRow<'trial'> {
  const arn = required(summary.TrialArn, 'TrialArn', origin);
  const created = required(summary.CreationTime, 'CreationTime', origin);
  return {
    kind: 'trial',
    id: arn,
    orderMs: created.getTime(),
    cells: {
      arn,
      sourcearn: text(summary.TrialSource?.SourceArn),
      type: text(summary.TrialSource?.SourceType),
      creationtime: created,
      LastModifiedTime: summary.LastModifiedTime,
      name: text(summary.TrialName),
      displayname: text(summary.DisplayName),
      ...owner(arn),
    },
  };
}
