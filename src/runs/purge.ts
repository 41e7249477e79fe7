import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { STSClient } from '@aws-sdk/client-sts';
import type { CrawlClients } from '../crawl/clients.ts';
import { isSweepRefused } from '../crawl/errors.ts';
import { listingRows } from '../crawl/listings.ts';
import { LineageError } from '../errors.ts';
import { arnKey } from '../graph/arn.ts';
import type { EdgeRow } from '../graph/rows.ts';
import { isInSubset, type Subset } from '../graph/subset.ts';
import { assertAccountConfirmed, callerAccount } from './caller-account.ts';
import {
  DELETED_KINDS,
  type DeletedEntity,
  type DeletedKind,
  deleteAssociation,
  deleteEntity,
} from './delete-lineage.ts';
import { eachOf } from './each-of.ts';
import { quotaNotes } from './quotas.ts';

export type PurgeOptions = {
  readonly clients: CrawlClients;
  /** Paced: see `writingClient`. */
  readonly writer: SageMakerClient;
  readonly sts: STSClient;
  /** Which entities. Its kinds may be contexts, actions and artifacts alone. @default all of these */
  readonly subset?: Subset | undefined;
  readonly signal?: AbortSignal;
};

type Counts = Readonly<Record<DeletedKind, number>> & {
  /** Null where SageMaker does not list the associations of a whole account. */
  readonly association: number | null;
};

/** What a purge would delete. */
export type PurgePlan = {
  /** Twelve digits. */
  readonly account: string;
  /** Of the subset, and the associations at these entities. */
  readonly counts: Counts;
  /** Of the whole account. */
  readonly present: Counts;
  /** Sentences about quotas that are near. */
  readonly notes: readonly string[];
};

export type PurgeReport = { readonly account: string; readonly deleted: Counts };

export type PurgeProgress =
  | { readonly step: 'planned'; readonly plan: PurgePlan }
  | { readonly step: 'deleting'; readonly deleted: number; readonly of: number };

/** What a purge would delete, counted; nothing is changed. @throws LineageError where a listing fails: see `readPages` */
export async function planPurge(options: PurgeOptions): Promise<PurgePlan> {
  return (await survey(options)).plan;
}

/**
 * Deletes lineage of an account: associations first, then contexts, actions and artifacts, as the cleanup of AWS's lineage
 * notebook does. Experiments, trials and trial components stay. All state is in the account: one that was cut short is run
 * again, and finds what is left.
 *
 * @throws LineageError (usage) where `confirm` is not the caller's account; whatever a listing or a deletion threw
 */
export async function purge(
  options: PurgeOptions & {
    readonly confirm: string | undefined;
    readonly onProgress?: (progress: PurgeProgress) => void;
  },
): Promise<PurgeReport> {
  const { writer, signal, onProgress } = options;
  const { plan, entities, keys } = await survey(options);
  const { account, counts } = plan;
  const of = Object.values(counts).reduce<number>((sum, count) => sum + (count ?? 0), 0);
  if (of > 0) assertAccountConfirmed(account, options.confirm, `${of} entities and associations`);
  onProgress?.({ step: 'planned', plan });

  const deleted = { context: 0, action: 0, artifact: 0, association: 0 };
  const count = (kind: keyof typeof deleted, more: number) => {
    deleted[kind] += more;
    const done = Object.values(deleted).reduce((sum, each) => sum + each, 0);
    onProgress?.({ step: 'deleting', deleted: done, of: Math.max(of, done) });
  };
  for await (const edges of associationsAt(options, keys)) {
    await eachOf(edges, { concurrency: CONCURRENCY, signal }, async (edge, stop) => {
      count('association', (await deleteAssociation(writer, edge, stop)) ? 1 : 0);
    });
  }
  for (const kind of DELETED_KINDS) {
    const ofKind = entities.filter((entity) => entity.kind === kind);
    await eachOf(ofKind, { concurrency: CONCURRENCY, signal }, async (entity, stop) => {
      const { wasThere, associations } = await deleteEntity(writer, entity, stop);
      count('association', associations);
      count(kind, wasThere ? 1 : 0);
    });
  }
  return { account, deleted };
}

/** Calls under way at once; the pace is the writer's. */
const CONCURRENCY = 4;

type Survey = {
  readonly plan: PurgePlan;
  readonly entities: readonly DeletedEntity[];
  /** Keys of their ARNs. */
  readonly keys: ReadonlySet<string>;
};

async function survey(options: PurgeOptions): Promise<Survey> {
  const { clients, sts, signal } = options;
  const subset = deletable(options.subset);
  const account = await callerAccount(sts, signal);
  const entities: DeletedEntity[] = [];
  const present = { context: 0, action: 0, artifact: 0, association: 0 };
  const counts = { context: 0, action: 0, artifact: 0, association: 0 };
  for (const kind of DELETED_KINDS) {
    for await (const rows of listingRows(kind, clients, signal === undefined ? {} : { signal })) {
      present[kind] += rows.length;
      const chosen = rows.filter((row) => isInSubset(row, subset));
      counts[kind] += chosen.length;
      entities.push(...chosen.map(({ id }) => ({ kind, arn: id })));
    }
  }
  const keys = new Set(entities.map(({ arn }) => arnKey(arn)));
  const isSwept = await sweep(options, (rows) => {
    present.association += rows.length;
    counts.association += rows.filter((row) => isAt(row, keys)).length;
  });
  const unknown = isSwept ? {} : { association: null };
  const plan = {
    account,
    counts: { ...counts, ...unknown },
    present: { ...present, ...unknown },
    notes: quotaNotes({ ...present, ...unknown }),
  };
  return { plan, entities, keys };
}

/** @throws LineageError (usage) where the subset names kinds that are never deleted */
function deletable(subset: Subset | undefined): Subset {
  const known: readonly string[] = DELETED_KINDS;
  const never = subset?.kinds?.filter((kind) => !known.includes(kind)) ?? [];
  if (never.length === 0) return { kinds: DELETED_KINDS, ...subset };
  throw new LineageError('usage', `A purge deletes ${known.join(', ')}, never ${never.join(', ')}.`, {
    hint: `Leave ${never.join(', ')} out of --kinds.`,
  });
}

/** Whether SageMaker lists the associations of the whole account. */
async function sweep(
  { clients, signal }: PurgeOptions,
  onRows: (rows: readonly EdgeRow[]) => void,
): Promise<boolean> {
  try {
    for await (const rows of listingRows('association', clients, signal === undefined ? {} : { signal })) {
      onRows(rows);
    }
    return true;
  } catch (error) {
    if (isSweepRefused(error)) return false;
    throw error;
  }
}

/**
 * The associations at these entities, page by page, while they are being deleted; what a page missed, or a sweep that is
 * refused, is left to the deletion of the entity.
 */
async function* associationsAt(
  { clients, signal }: PurgeOptions,
  keys: ReadonlySet<string>,
): AsyncGenerator<readonly EdgeRow[]> {
  if (keys.size === 0) return;
  try {
    for await (const rows of listingRows('association', clients, signal === undefined ? {} : { signal })) {
      yield rows.filter((row) => isAt(row, keys));
    }
  } catch (error) {
    if (!isSweepRefused(error)) throw error;
  }
}

function isAt({ from, to }: EdgeRow, keys: ReadonlySet<string>): boolean {
  return keys.has(arnKey(from)) || keys.has(arnKey(to));
}
