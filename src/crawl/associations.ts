import {
  type AssociationSummary,
  ListAssociationsCommand,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { edgeId } from '../graph/ids.ts';
import { UNTYPED } from '../graph/kinds.ts';
import type { EdgeRow } from '../graph/rows.ts';
import { json, type Origin, required, text } from './cells.ts';
import { type ListingOptions, type Page, paging, readPages, watched } from './pages.ts';
import { createdBetween } from './window.ts';

export type AssociationOptions = ListingOptions & {
  /** Only those that lead from, or to, this entity. @default those of the whole account */
  readonly end?: { readonly SourceArn: string } | { readonly DestinationArn: string };
};

/**
 * Every association of the account, oldest first: one sweep without an ARN (the API page: "Lists the associations in your
 * account"), which takes a hundredth of the calls that asking per entity takes.
 */
export function getAssociations(
  client: SageMakerClient,
  options: AssociationOptions = {},
): AsyncGenerator<Page<AssociationSummary>> {
  const { end } = options;
  return readPages(
    {
      operation: 'ListAssociations',
      arn: end && ('SourceArn' in end ? end.SourceArn : end.DestinationArn),
      send: (NextToken, sendOptions) =>
        client.send(
          watched(
            new ListAssociationsCommand({
              ...paging(options),
              ...createdBetween(options.window),
              ...end,
              NextToken,
            }),
            options.onCall,
          ),
          sendOptions,
        ),
      records: (reply) => reply.AssociationSummaries,
    },
    options,
  );
}

/** The edge of an association, its ends spelled as the association spells them. */
export function associationRow(summary: AssociationSummary, origin: Origin): EdgeRow {
  const from = required(summary.SourceArn, 'SourceArn', origin);
  const to = required(summary.DestinationArn, 'DestinationArn', origin);
  const created = required(summary.CreationTime, 'CreationTime', origin);
  const label = text(summary.AssociationType) ?? UNTYPED;
  return {
    id: edgeId(from, label, to),
    from,
    to,
    label,
    orderMs: created.getTime(),
    cells: {
      creationtime: created,
      sourcetype: text(summary.SourceType),
      destinationtype: text(summary.DestinationType),
      sourcename: text(summary.SourceName),
      destinationname: text(summary.DestinationName),
      createdby: json(summary.CreatedBy),
    },
  };
}
