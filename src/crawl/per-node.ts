import { kindOfArn } from '../graph/arn.ts';
import type { EdgeRow } from '../graph/rows.ts';
import { associationRow, getAssociations } from './associations.ts';
import { pageRows } from './cells.ts';
import type { CrawlClients } from './clients.ts';
import { concurrently } from './concurrently.ts';
import { isNotFound } from './errors.ts';
import type { IdSet } from './id-set.ts';
import type { ListingOptions, TimeWindow } from './pages.ts';
import { restarted } from './restarted.ts';
import { within } from './window.ts';

/** At which end of an association a node is asked for. */
export type End = 'source' | 'destination';

export type PerNodeOptions = Omit<ListingOptions, 'order' | 'signal'> & {
  readonly signal?: AbortSignal | undefined;
  /**
   * `both` finds every association that has a node of the stream at either end. `destination` takes half the calls and
   * leaves out those that lead out of the stream: to another account, or to what was not listed. @default 'both'
   */
  readonly ends?: 'both' | 'destination';
  /**
   * The ids of the whole stream. With it, an association that is found at its source is left out where it is found at its
   * destination too, so that (but for ends spelled otherwise than listed) each comes once. @default each comes once for
   * each end in the stream
   */
  readonly listed?: IdSet;
  /** Nodes asked for at once. @default 16 */
  readonly concurrency?: number;
  /** Called with a node that SageMaker does not have any more, and with it none of its associations. */
  readonly onGone?: (arn: string) => void;
};

/**
 * The associations of many entities, asked for one by one, as they come: for where SageMaker refuses the sweep of the whole
 * account. It takes a call per node and end, and one more for each further hundred associations there: of 20,000 entities
 * with 40,000 associations some 40,000 calls, an hour and more at ten a second, where the sweep takes 400 calls. Trials are
 * not asked for: they have no associations (API: AssociationEntityArn).
 *
 * Batches come in no order, and one association may come twice, with the same id and creation time: once sorted, its
 * copies adjoin.
 *
 * @throws LineageError, see `readPages`
 */
export function perNodeEdges(
  clients: CrawlClients,
  nodes: AsyncIterable<string> | Iterable<string>,
  options: PerNodeOptions = {},
): AsyncGenerator<readonly EdgeRow[]> {
  const { ends = 'both', listed, concurrency = 16, signal } = options;
  return concurrently(nodes, { concurrency, signal }, async function* (arn, stop) {
    if (!isAssociable(arn)) return;
    const asking = { ...options, signal: stop };
    yield* nodeEdges(clients, arn, 'destination', asking);
    if (ends === 'destination') return;
    for await (const batch of nodeEdges(clients, arn, 'source', asking)) {
      const fresh = batch.filter(({ to }) => !isAskedFor(to, listed));
      if (fresh.length > 0) yield fresh;
    }
  });
}

/**
 * The associations that lead from, or to, one entity, a page at a time, oldest first (those of one millisecond twice where a
 * page token was refused between them); none where SageMaker does not have
 * the entity any more, which it lets go only after its associations.
 *
 * @throws LineageError, see `readPages`
 */
export async function* nodeEdges(
  clients: CrawlClients,
  arn: string,
  end: End,
  options: ListingOptions & Pick<PerNodeOptions, 'onGone'> = {},
): AsyncGenerator<readonly EdgeRow[]> {
  try {
    yield* restarted((window) => edgesAt(clients, arn, end, { ...options, window }), options.window);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    options.onGone?.(arn);
  }
}

async function* edgesAt(
  { ListAssociations }: CrawlClients,
  arn: string,
  at: End,
  options: Omit<ListingOptions, 'window'> & { readonly window: TimeWindow | undefined },
): AsyncGenerator<readonly EdgeRow[]> {
  const { window, ...others } = options;
  const end = at === 'source' ? { SourceArn: arn } : { DestinationArn: arn };
  const asked = { ...others, end, ...(window === undefined ? {} : { window }) };
  for await (const page of getAssociations(ListAssociations, asked)) {
    const rows = within(pageRows(page, associationRow), window);
    if (rows.length > 0) yield rows;
  }
}

/** Whether an entity can be an end of an association. */
export function isAssociable(arn: string): boolean {
  return kindOfArn(arn) !== 'trial';
}

/** An end spelled otherwise than listed may not be found under the listed spelling. */
function isAskedFor(arn: string, listed: IdSet | undefined): boolean {
  return listed?.has(arn) === 'exact' && isAssociable(arn);
}
