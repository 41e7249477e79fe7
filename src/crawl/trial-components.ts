import {
  ListTrialComponentsCommand,
  type SageMakerClient,
  type TrialComponentSummary,
} from '@aws-sdk/client-sagemaker';
import type { VertexRow } from '../graph/rows.ts';
import { json, type Origin, owner, required, text } from './cells.ts';
import { type ListingOptions, type Page, paging, readPages, watched } from './pages.ts';
import { createdBetween } from './window.ts';

/** Every trial component of the account, oldest first. */
export function getTrialComponents(
  client: SageMakerClient,
  options: ListingOptions = {},
): AsyncGenerator<Page<TrialComponentSummary>> {
  return readPages(
    {
      operation: 'ListTrialComponents',
      send: (NextToken, sendOptions) =>
        client.send(
          watched(
            new ListTrialComponentsCommand({
              ...paging(options),
              ...createdBetween(options.window),
              NextToken,
            }),
            options.onCall,
          ),
          sendOptions,
        ),
      records: (reply) => reply.TrialComponentSummaries,
    },
    options,
  );
}

export function trialComponentRow(
  summary: TrialComponentSummary,
  origin: Origin,
): VertexRow<'trial_component'> {
  const arn = required(summary.TrialComponentArn, 'TrialComponentArn', origin);
  const created = required(summary.CreationTime, 'CreationTime', origin);
  return {
    kind: 'trial_component',
    id: arn,
    orderMs: created.getTime(),
    cells: {
      arn,
      sourcearn: text(summary.TrialComponentSource?.SourceArn),
      type: text(summary.TrialComponentSource?.SourceType),
      creationtime: created,
      LastModifiedTime: summary.LastModifiedTime,
      status: text(summary.Status?.PrimaryStatus),
      message: text(summary.Status?.Message),
      name: text(summary.TrialComponentName),
      displayname: text(summary.DisplayName),
      starttime: summary.StartTime,
      endtime: summary.EndTime,
      createdby: json(summary.CreatedBy),
      lastmodifiedby: json(summary.LastModifiedBy),
      ...owner(arn),
    },
  };
}
