import {
  type Experiment,
  ListTagsCommand,
  type SageMakerClient,
  type Trial,
  type TrialComponent,
} from '@aws-sdk/client-sagemaker';
import pLimit, { type LimitFunction } from 'p-limit';
import { arnKey, parseArn } from '../graph/arn.ts';
import type { ListedKind } from '../graph/kinds.ts';
import { compareRows, type EdgeRow, type VertexRow } from '../graph/rows.ts';
import { type Origin, pageRows } from './cells.ts';
import type { CrawlClients } from './clients.ts';
import { concurrently } from './concurrently.ts';
import { describeEntity, fateOf } from './describe.ts';
import { detailCells, type Tag, tagsCell } from './detail-cells.ts';
import { crawlError } from './errors.ts';
import { experimentRow } from './experiments.ts';
import { jointSignal } from './joint-signal.ts';
import { experimentEdge, trialComponentMembershipRows, trialMembershipRows } from './membership.ts';
import { type Created, type ListingOptions, type Page, watched } from './pages.ts';
import { restarted } from './restarted.ts';
import { search } from './search.ts';
import { trialComponentRow } from './trial-components.ts';
import { trialRow } from './trials.ts';

export type DetailerOptions = {
  /** Whether to ask for the tags of artifacts, actions and contexts, and of the jobs behind trial components. */
  readonly tags: boolean;
  /** Describe and ListTags calls under way at once, of all shards together. */
  readonly concurrency: number;
  /** What holds those calls back, where it is shared with others. @default one of its own */
  readonly limit?: LimitFunction | undefined;
  /** What an earlier run knows. @default nothing */
  readonly cache?: DetailCache | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** Entities as an earlier run of full detail knows them. */
export type DetailCache = {
  /** The entity, if it was modified last when this row says that it was. */
  find(row: VertexRow): Promise<{ readonly row: VertexRow; readonly hasTags: boolean } | undefined>;
};

/** What was counted while rows were completed. */
type DetailCounts = {
  /** Describe and ListTags calls that were answered. */
  readonly described: number;
  /** Entities that an earlier run knew. */
  readonly cached: number;
  /** Entities that were deleted after SageMaker had listed them. */
  readonly undescribed: number;
  /** Pages of Search. */
  readonly pages: number;
};

/** Who hears of the calls that completing some rows takes. */
type DetailWatch = Pick<ListingOptions, 'onCall'> & {
  readonly onCount?: (counts: Partial<DetailCounts>) => void;
};

export type CompletedRows = {
  readonly rows: readonly VertexRow[];
  /** The membership edges that lead to these rows, in the order of a file. */
  readonly memberships: readonly EdgeRow[];
};

export type Detailer = {
  /**
   * Listed rows of one kind, whole creation times in order, with all that SageMaker knows of them.
   *
   * @throws LineageError (accessDenied) where SageMaker refuses the caller; (partialExport) where a call fails for good;
   * (interrupted, deadline) where the signal ends the crawl.
   */
  complete(rows: readonly VertexRow[], watch?: DetailWatch): Promise<CompletedRows>;
};

/**
 * Completes what listings give. Experiments, trials and trial components come a hundred a call from Search, their
 * membership with them (docs/adr/0009); all others are described one by one, unless an earlier run did so since they were
 * modified last. What Search does not have, or has in an older state than the listing, is described too.
 */
export function createDetailer(clients: CrawlClients, options: DetailerOptions): Detailer {
  const { tags: isTagged, concurrency, cache } = options;
  const limit = options.limit ?? pLimit(concurrency);

  async function complete(
    rows: readonly VertexRow[],
    { onCall, onCount = () => undefined }: DetailWatch = {},
  ): Promise<CompletedRows> {
    const stop = jointSignal(options.signal);
    const records = await searched(rows, stop);
    const completed: Completed[] = [];
    const tasks = concurrently(
      rows.entries(),
      { concurrency, signal: stop },
      async function* ([at, row], signal) {
        const asking: Asking = { signal, onCall, onCount };
        yield { at, done: await completeRow(row, records.get(arnKey(row.id)), asking) };
      },
    );
    for await (const { at, done } of tasks) completed[at] = done;
    return {
      rows: completed.map(({ row }) => row),
      memberships: completed.flatMap(({ memberships }) => memberships).sort(compareRows),
    };

    /** What Search says of the rows, by the key of their ARN. */
    async function searched(listed: readonly VertexRow[], signal: AbortSignal) {
      const found = new Map<string, Searched>();
      const [first] = listed;
      const query = first && SEARCHES[first.kind];
      const last = listed.at(-1);
      if (query === undefined || first === undefined || last === undefined) return found;
      const searching = {
        signal,
        ...(onCall === undefined ? {} : { onCall }),
        onPage: () => onCount({ pages: 1 }),
      };
      const take = async (slackMs: number) => {
        const until = new Date(last.orderMs + slackMs);
        const records = restarted(
          (window) =>
            query(clients.Search, searching, { from: window?.from ?? new Date(first.orderMs), until }),
          { from: new Date(first.orderMs - slackMs) },
        );
        for await (const batch of records) {
          for (const record of batch) found.set(arnKey(record.row.id), record);
        }
      };
      await take(0);
      // To which fraction of a second Search compares is undocumented.
      if (listed.some(({ id }) => !found.has(arnKey(id)))) await take(SLACK_MS);
      return found;
    }
  }

  async function completeRow(
    row: VertexRow,
    record: Searched | undefined,
    asking: Asking,
  ): Promise<Completed> {
    const { kind } = row;
    let known: VertexRow;
    if (kind === 'external') return { row, memberships: [] };
    if (kind === 'artifact' || kind === 'action' || kind === 'context') {
      const cached = await cache?.find(row);
      if (cached !== undefined) asking.onCount({ cached: 1 });
      known = cached === undefined ? await described(row, asking) : withCells(cached.row, row.cells, row);
      if (!isTagged) return { row: withCells(known, { tags: undefined }, row), memberships: [] };
      if (cached?.hasTags === true) return { row: known, memberships: [] };
      return { row: withCells(known, { tags: await tagsOf(row.id, asking) }, row), memberships: [] };
    }
    const isStale = record === undefined || modifiedMs(record.row) < modifiedMs(row);
    known = record === undefined ? row : withCells(row, record.row.cells, row);
    if (isStale) {
      const { tags, runname } = known.cells as { tags?: string; runname?: string };
      known = withCells(
        await described(row, asking),
        { tags, ...(runname !== undefined && { runname }) },
        row,
      );
    }
    if (known.kind === 'trial_component') {
      known = withCells(known, await ofSource(known, record?.sourceTags, isStale, asking), row);
    }
    const memberships = record?.memberships ?? describedMembership(known);
    return { row: known, memberships: memberships.map((edge) => ({ ...edge, orderMs: row.orderMs })) };
  }

  /** What SageMaker keeps with the sources of a component: those of an experiment run, the tags of a job. */
  async function ofSource(
    component: VertexRow<'trial_component'>,
    givenTags: readonly Tag[] | undefined,
    isDescribed: boolean,
    asking: Asking,
  ): Promise<Partial<VertexRow<'trial_component'>['cells']>> {
    const { runname, sourcearn, sources } = component.cells;
    const source = parseArn(sourcearn ?? '');
    const isJob = source?.service === 'sagemaker' && source.account === component.cells.account;
    const wantsSources = runname !== undefined && !isDescribed;
    const wantsTags = isTagged && isJob && sourcearn !== undefined;
    const needsCalls = wantsSources || (wantsTags && givenTags === undefined);
    const cached = needsCalls ? await cache?.find(component) : undefined;
    const cachedCells = cached?.row.kind === 'trial_component' ? cached.row.cells : undefined;
    if (cached !== undefined) asking.onCount({ cached: 1 });
    const told = wantsSources && cachedCells === undefined ? await described(component, asking) : undefined;
    const toldCells = told?.kind === 'trial_component' ? told.cells : cachedCells;
    const own = { sources: wantsSources ? toldCells?.sources : sources };
    if (!wantsTags) return own;
    if (givenTags === undefined && cached?.hasTags === true) {
      return {
        ...own,
        sourcetags: cachedCells?.sourcetags,
        pipelineexecution: cachedCells?.pipelineexecution,
      };
    }
    const tags = givenTags ?? (await listTags(sourcearn, asking));
    return {
      ...own,
      sourcetags: tagsCell(tags),
      pipelineexecution: tags.find(({ Key }) => Key === EXECUTION_TAG)?.Value || undefined,
    };
  }

  /** The row as Describe tells it; as it was listed where SageMaker no longer describes the entity. */
  async function described(row: VertexRow, { signal, onCall, onCount }: Asking): Promise<VertexRow> {
    const name = 'name' in row.cells ? (row.cells.name ?? '') : '';
    const entity = { arn: row.id, name, kind: row.kind as ListedKind };
    try {
      const told = await limit(() =>
        describeEntity(entity, { client: clients.Describe, detail: 'full', signal, onCall }),
      );
      onCount({ described: 1 });
      return withCells(told, {}, row);
    } catch (error) {
      if (fateOf(error) !== 'notFound') throw error;
      onCount({ described: 1, undescribed: 1 });
      return row;
    }
  }

  async function tagsOf(arn: string, asking: Asking): Promise<string | undefined> {
    return tagsCell(await listTags(arn, asking));
  }

  async function listTags(arn: string, { signal, onCall, onCount }: Asking): Promise<readonly Tag[]> {
    const tags: Tag[] = [];
    let token: string | undefined;
    try {
      do {
        const command = new ListTagsCommand({ ResourceArn: arn, NextToken: token });
        const reply = await limit(() => {
          signal.throwIfAborted();
          return clients.ListTags.send(watched(command, onCall), { abortSignal: signal });
        });
        onCount({ described: 1 });
        tags.push(...(reply.Tags ?? []));
        token = reply.NextToken || undefined;
        // A resource has fifty at most (AddTags API page), so a token that leads further leads in a circle.
      } while (token !== undefined && tags.length < 1_000);
      return tags;
    } catch (cause) {
      const error = crawlError(cause, { operation: 'ListTags', arn, signal });
      const fate = fateOf(error);
      if (fate === undefined || fate === 'denied') throw error;
      onCount({ described: 1 });
      return [];
    }
  }

  return { complete };
}

/** How far the creation times that Search is asked for are widened where it did not give all. */
const SLACK_MS = 1_000;

/** SageMaker puts it on every job of a pipeline's execution (the SDK's `pipeline_execution_arn` reads it there). */
const EXECUTION_TAG = 'sagemaker:pipeline-execution-arn';

type Asking = Required<Pick<DetailWatch, 'onCount'>> & {
  readonly signal: AbortSignal;
  readonly onCall: ListingOptions['onCall'];
};

type Completed = { readonly row: VertexRow; readonly memberships: readonly EdgeRow[] };

/** A record of Search: the row that it makes, and what it tells beside. */
type Searched = {
  readonly orderMs: number;
  readonly row: VertexRow;
  readonly memberships: readonly EdgeRow[];
  /** Of the job that a component came from, where Search gives them. */
  readonly sourceTags?: readonly Tag[] | undefined;
};

type SearchOf = (
  client: SageMakerClient,
  options: ListingOptions,
  created: { readonly from: Date; readonly until: Date },
) => AsyncGenerator<readonly Searched[]>;

const SEARCHES: Readonly<Partial<Record<VertexRow['kind'], SearchOf>>> = {
  experiment: (client, options, created) =>
    searchedPages(
      search<Experiment>(
        client,
        { resource: 'Experiment', member: (record) => record.Experiment, created },
        options,
      ),
      (record, origin) => ({
        row: withDetails(experimentRow({ ...record, ExperimentSource: record.Source }, origin), record),
        memberships: [],
      }),
    ),
  trial: (client, options, created) =>
    searchedPages(
      search<Trial>(
        client,
        { resource: 'ExperimentTrial', member: (record) => record.Trial, created },
        options,
      ),
      (record, origin) => ({
        row: withDetails(trialRow({ ...record, TrialSource: record.Source }, origin), record),
        memberships: trialMembershipRows(record, origin),
      }),
    ),
  trial_component: (client, options, created) =>
    searchedPages(
      search<TrialComponent>(
        client,
        {
          resource: 'ExperimentTrialComponent',
          member: (record) => record.TrialComponent,
          created,
        },
        options,
      ),
      (record, origin) => ({
        row: withDetails(
          trialComponentRow({ ...record, TrialComponentSource: record.Source }, origin),
          record,
        ),
        memberships: trialComponentMembershipRows(record, origin),
        sourceTags: jobTags(record),
      }),
    ),
};

async function* searchedPages<Item extends Created>(
  pages: AsyncIterable<Page<Item>>,
  toRecord: (record: Item, origin: Origin) => Omit<Searched, 'orderMs'>,
): AsyncGenerator<readonly Searched[]> {
  for await (const page of pages) {
    yield pageRows(page, toRecord).map((record) => ({ ...record, orderMs: record.row.orderMs }));
  }
}

/** Of a trial, Describe too says which experiment it belongs to. */
function describedMembership({ kind, id, orderMs, cells }: VertexRow): readonly EdgeRow[] {
  if (kind !== 'trial' || !('experimentname' in cells) || cells.experimentname === undefined) return [];
  return [experimentEdge(id, cells.experimentname, orderMs)];
}

/** The tags of the job, which a record holds whole; undefined where it does not say. */
function jobTags({ SourceDetail }: TrialComponent): readonly Tag[] | undefined {
  const { TrainingJob, ProcessingJob, TransformJob } = SourceDetail ?? {};
  return (TrainingJob ?? ProcessingJob ?? TransformJob)?.Tags;
}

function withDetails(row: VertexRow, record: object): VertexRow {
  return withCells(row, detailCells(row.kind as ListedKind, record), row);
}

/** The row with other cells, but for what tells which entity it is: that stays as the listing has it. */
function withCells(row: VertexRow, cells: object, { id, orderMs, cells: listed }: VertexRow): VertexRow {
  const { arn, account, region } = listed;
  const creation = 'creationtime' in listed ? { creationtime: listed.creationtime } : {};
  return {
    ...row,
    id,
    orderMs,
    cells: { ...row.cells, ...cells, arn, account, region, ...creation },
  } as VertexRow;
}

function modifiedMs({ cells }: VertexRow): number {
  return 'LastModifiedTime' in cells ? (cells.LastModifiedTime?.getTime() ?? 0) : 0;
}
