import type { CrawlClients } from './clients.ts';
import { type Listing, listingRows } from './listings.ts';
import type { ListingOptions } from './pages.ts';

/**
 * The creation time of the newest record of a listing, in epoch milliseconds; undefined where the listing is empty. Takes one
 * call for one record.
 *
 * @throws LineageError, see `readPages`
 */
export async function newestCreationMs(
  listing: Listing,
  clients: CrawlClients,
  options: Pick<ListingOptions, 'signal' | 'onCall' | 'onPage'>,
): Promise<number | undefined> {
  let newestMs: number | undefined;
  const batches = listingRows(listing, clients, {
    ...options,
    order: 'Descending',
    pageSize: 1,
    onPage(page) {
      newestMs = page.records[0]?.CreationTime?.getTime();
      options.onPage?.(page);
    },
  });
  for await (const _ of batches) if (newestMs !== undefined) break;
  return newestMs;
}
