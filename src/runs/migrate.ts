import { join } from 'node:path';
import type { NeptunedataClient } from '@aws-sdk/client-neptunedata';
import type { S3Client } from '@aws-sdk/client-s3';
import { jointSignal } from '../crawl/joint-signal.ts';
import { LineageError } from '../errors.ts';
import { kindOfArn } from '../graph/arn.ts';
import type { Gremlin } from '../graph/gremlin.ts';
import type { ListedKind } from '../graph/kinds.ts';
import type { ElementKind, GraphElement } from '../graph/stored.ts';
import { type Clock, SYSTEM_CLOCK } from '../neptune/clock.ts';
import { readElements } from '../neptune/elements.ts';
import { gremlinClient, typedGremlinClient } from '../neptune/query.ts';
import type { Encryption } from '../neptune/s3-requests.ts';
import { asFolder, parseS3Uri } from '../neptune/s3-uri.ts';
import { createAudit } from './audit.ts';
import { assertConfirmed, clusterHost } from './confirm.ts';
import { takeLease } from './lease.ts';
import { removeElements } from './removal.ts';
import { runId } from './run-directory.ts';
import { stateStore } from './state.ts';

export type MigrateOptions = {
  readonly s3: S3Client;
  /** Made by `neptuneClient`: it must not repeat requests by itself. */
  readonly neptune: NeptunedataClient;
  /** `s3://bucket/prefix` that the sync was given: its state says whether the graph was verified. */
  readonly to: string;
  /** The directory that holds the runs: the audit log goes there. */
  readonly out: string;
  /** The host of the cluster, to say that it is this one. Without it nothing is removed. */
  readonly confirm?: string | undefined;
  readonly leaseMs?: number | undefined;
  readonly encryption?: Encryption | undefined;
  readonly expectedBucketOwner?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
};

/** What the graph holds of the notebook's. */
type NotebookGraph = {
  /** Ids, by kind. */
  readonly vertices: Readonly<Record<NotebookKind, readonly string[]>>;
  readonly edges: readonly string[];
};

export type MigrateReport = {
  readonly host: string;
  readonly found: Readonly<Record<NotebookKind | 'edge', number>>;
  /** The first of each, with the ARN that they stand for. */
  readonly examples: readonly { readonly id: string; readonly arn: string }[];
  /** Null where nothing was to be removed. */
  readonly removed: { readonly vertices: number; readonly edges: number } | null;
  /** Vertices that were left, since others have edges at them. */
  readonly kept: readonly string[];
  readonly audit: string | null;
};

/** What the notebook exports, with the prefix of its counter. */
const COUNTERS = { artifact: '', trial_component: 't', action: 'ac', context: 'ctx' } as const;
const NOTEBOOK_KINDS = Object.keys(COUNTERS) as readonly NotebookKind[];

type NotebookKind = Extract<ListedKind, keyof typeof COUNTERS>;

/**
 * Finds what AWS's governance notebook has loaded, by its counter ids (`0`, `t0`, `ac0`, `ctx0`, `e0`), and removes it where
 * that is confirmed: the same entities stand in the graph under their ARNs once a sync was verified.
 *
 * @throws LineageError (usage) where no sync was verified yet, or another cluster is confirmed; (locked) where a sync is at
 * work; what the cluster or S3 refuse
 */
export async function migrateNotebook(options: MigrateOptions): Promise<MigrateReport> {
  const { neptune, confirm, clock = SYSTEM_CLOCK, signal } = options;
  const host = await clusterHost(neptune);
  const send = gremlinClient(neptune, clock);
  const { graph, examples } = await findNotebookGraph(send, signal);
  const found = {
    ...(Object.fromEntries(NOTEBOOK_KINDS.map((kind) => [kind, graph.vertices[kind].length])) as Record<
      NotebookKind,
      number
    >),
    edge: graph.edges.length,
  };
  const report = { host, found, examples, removed: null, kept: [], audit: null };
  if (confirm === undefined || Object.values(found).every((count) => count === 0)) return report;
  assertConfirmed(host, confirm, "the notebook's vertices and edges");
  return { ...report, ...(await removeNotebookGraph(options, graph)) };
}

async function removeNotebookGraph(
  {
    s3,
    neptune,
    to,
    out,
    leaseMs,
    clock = SYSTEM_CLOCK,
    encryption,
    expectedBucketOwner,
    ...options
  }: MigrateOptions,
  { vertices, edges }: NotebookGraph,
): Promise<Pick<MigrateReport, 'removed' | 'kept' | 'audit'>> {
  const folder = asFolder(parseS3Uri(to));
  const places = { s3, folder, encryption, expectedBucketOwner };
  const lease = await takeLease({ ...places, leaseMs, clock, signal: options.signal });
  try {
    const signal = jointSignal(options.signal, lease.lost);
    const store = stateStore(places);
    const held = await store.read(signal);
    if (held === undefined || held.state.run === null) throw notVerified(store.uri);
    const run = `migrate-${runId(new Date(clock.now()))}`;
    const audit = createAudit({
      ...{ ...places, run, holder: lease.holder, path: join(out, run, 'audit.jsonl') },
      now: () => new Date(clock.now()),
    });
    const tools = {
      ...{ send: gremlinClient(neptune, clock, lease.permit), sendTyped: typedGremlinClient(neptune, clock) },
      ...{ lease, audit, clock, signal },
    };
    // The last ones first: what is left by a kill is found again from the first.
    const gone = { edges: (await removeElements('edge', edges.toReversed(), tools)).removed, vertices: 0 };
    const kept: string[] = [];
    for (const kind of NOTEBOOK_KINDS) {
      const removed = await removeElements('vertex', vertices[kind].toReversed(), tools);
      gone.vertices += removed.removed;
      kept.push(...removed.kept.map(({ id }) => id));
    }
    return { removed: gone, kept, audit: audit.uri };
  } finally {
    await lease.release();
  }
}

function notVerified(uri: string): LineageError {
  return new LineageError(
    'usage',
    `${uri} names no verified run: nothing stands in the place of the notebook's graph.`,
    {
      hint: 'Run `smlineage sync` first.',
      details: { uri },
    },
  );
}

const EXAMPLES = 5;

/** Looks for the ids of each counter from 0 on, and believes only what the notebook would have written under them. */
async function findNotebookGraph(
  send: Gremlin,
  signal: AbortSignal | undefined,
): Promise<{ readonly graph: NotebookGraph; readonly examples: MigrateReport['examples'] }> {
  const vertices = {} as Record<NotebookKind, readonly string[]>;
  const examples: { readonly id: string; readonly arn: string }[] = [];
  const all = new Set<string>();
  for (const kind of NOTEBOOK_KINDS) {
    const isTheirs = (element: GraphElement) => arnOf(kind, element) !== undefined;
    const found = await countedFrom(send, 'vertex', { prefix: COUNTERS[kind], isTheirs, signal });
    vertices[kind] = found.map(({ id }) => id);
    for (const { id } of found) all.add(id);
    examples.push(...found.slice(0, EXAMPLES).map((one) => ({ id: one.id, arn: arnOf(kind, one) ?? '' })));
  }
  const isBetween = ({ ends }: GraphElement) => ends !== undefined && all.has(ends.from) && all.has(ends.to);
  const edges = await countedFrom(send, 'edge', { prefix: 'e', isTheirs: isBetween, signal });
  return { graph: { vertices, edges: edges.map(({ id }) => id) }, examples };
}

/** The ARN of a vertex that the notebook wrote: labelled as its kind, with the ARN of one as a property. */
function arnOf(kind: NotebookKind, { labels, properties }: GraphElement): string | undefined {
  const [arn] = properties.arn ?? [];
  const isOfKind = labels.includes(kind) && typeof arn === 'string' && kindOfArn(arn) === kind;
  return isOfKind ? arn : undefined;
}

const IDS_AT_A_TIME = 1_000;
/** A counter has no gaps but those that somebody made. */
const EMPTY_BATCHES = 3;

type Counted = {
  readonly prefix: string;
  readonly isTheirs: (element: GraphElement) => boolean;
  readonly signal: AbortSignal | undefined;
};

async function countedFrom(
  send: Gremlin,
  element: ElementKind,
  { prefix, isTheirs, signal }: Counted,
): Promise<readonly GraphElement[]> {
  const elements: GraphElement[] = [];
  for (let first = 0, empty = 0; empty < EMPTY_BATCHES; first += IDS_AT_A_TIME) {
    const ids = Array.from({ length: IDS_AT_A_TIME }, (_, n) => `${prefix}${first + n}`);
    const found = await readElements(send, element, ids, { signal });
    const theirs = ids.flatMap((id) => found.get(id) ?? []).filter(isTheirs);
    elements.push(...theirs);
    empty = theirs.length === 0 ? empty + 1 : 0;
  }
  return elements;
}
