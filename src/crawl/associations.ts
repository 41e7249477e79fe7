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

/**
 * Every association of the account, oldest first: one sweep without an ARN (the API page: "Lists the associations in your
 * account"), which takes a hundredth of the calls that asking per entity takes.
 */
export function getAssociations(
  client: SageMakerClient,
  options: ListingOptions = {},
): AsyncGenerator<Page<AssociationSummary>> {
  return readPages(
    {
      operation: 'ListAssociations',
      send: (NextToken, sendOptions) =>
        client.send(
          watched(
            new ListAssociationsCommand({
              ...paging(options),
              ...createdBetween(options.window),
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
