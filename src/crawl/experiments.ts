import {
  type ExperimentSummary,
  ListExperimentsCommand,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import type { VertexRow } from '../graph/rows.ts';
import { type Origin, owner, required, text } from './cells.ts';
import { type ListingOptions, type Page, paging, readPages, watched } from './pages.ts';
import { createdBetween } from './window.ts';

/** Every experiment of the account, oldest first. */
export function getExperiments(
  client: SageMakerClient,
  options: ListingOptions = {},
): AsyncGenerator<Page<ExperimentSummary>> {
  return readPages(
    {
      operation: 'ListExperiments',
      send: (NextToken, sendOptions) =>
        client.send(
          watched(
            new ListExperimentsCommand({
              ...paging(options),
              ...createdBetween(options.window),
              NextToken,
            }),
            options.onCall,
          ),
          sendOptions,
        ),
      records: (reply) => reply.ExperimentSummaries,
    },
    options,
  );
}

export function experimentRow(summary: ExperimentSummary, origin: Origin): VertexRow<'experiment'> {
  const arn = required(summary.ExperimentArn, 'ExperimentArn', origin);
  const created = required(summary.CreationTime, 'CreationTime', origin);
  return {
    kind: 'experiment',
    id: arn,
    orderMs: created.getTime(),
    cells: {
      arn,
      sourcearn: text(summary.ExperimentSource?.SourceArn),
      type: text(summary.ExperimentSource?.SourceType),
      creationtime: created,
      LastModifiedTime: summary.LastModifiedTime,
      name: text(summary.ExperimentName),
      displayname: text(summary.DisplayName),
      ...owner(arn),
    },
  };
}
