import type { Describer } from '../crawl/describe.ts';
import { createEndpoints, type Endpoints, spellingsIn } from '../crawl/endpoints.ts';
import { stopError } from '../crawl/errors.ts';
import { createIdSet, type IdSet } from '../crawl/id-set.ts';
import type { EdgeListing, Listing } from '../crawl/listings.ts';
import { csvLines, encodeEdge, type Layout, vertexEncoder, vertexHeader } from '../csv/encode.ts';
import { decodeEdge, decodeVertex, splitLine } from '../csv/read.ts';
import { arnKey, kindOfArn } from '../graph/arn.ts';
import type { Detail } from '../graph/columns.ts';
import { ALL_KINDS, type Kind, LISTED_KINDS } from '../graph/kinds.ts';
import {
  addPromotedCounts,
  countPromoted,
  type PromotedColumn,
  type PromotionConflict,
  settleTypes,
} from '../graph/promotion.ts';
import { compareRows, type EdgeRow, type VertexRow } from '../graph/rows.ts';
import { kindsOf, type Subset } from '../graph/subset.ts';
import { indexLine } from '../snapshot/index-line.ts';
import type { ManifestFile } from '../snapshot/manifest.ts';
import { writeDataFiles } from './data-files.ts';
import type { JournalEntry } from './journal.ts';
import { mergeBlocks, type Piece } from './merge-blocks.ts';
import { type Block, type PartSource, partInMemory, readBlocks, readKeys } from './part-file.ts';
import { createIdCollector, keyText } from './repeated-ids.ts';
import { edgeBlock, edgeKey, vertexBlock } from './row-block.ts';
import type { RunFiles } from './run-files.ts';
import { twinEdges } from './twin-edges.ts';

export type JoinJob = {
  /** The directory that the run grows in. */
  readonly files: RunFiles;
  /** The finished shards of all listings of each scope, in any order; the paths of their parts are from that directory. */
  readonly scopes: readonly (readonly JournalEntry[])[];
  readonly gzip: boolean;
  readonly subset: Subset | null;
  readonly layout: Layout;
  /** Joins artifacts that two accounts have in common: see `twinEdges`. @default false */
  readonly linkTwins?: boolean | undefined;
  /** Describes the ends of edges that no listing gave. */
  readonly describer: Describer;
  readonly signal: AbortSignal | undefined;
  /** Called with the number of edges written so far. */
  readonly onEdges: (edges: number) => void;
  /** Called with each row that is left out because one of the same id came before. */
  readonly onDuplicate: (listing: Listing) => void;
};

/** The finished shards of one scope, and where their parts lie. */
type ScopeParts = Pick<JoinJob, 'files'> & { readonly entries: readonly JournalEntry[] };

type PartsJob = ScopeParts & { readonly layout: Pick<Layout, 'detail'> };

export type JoinedRun = {
  readonly files: readonly ManifestFile[];
  readonly vertices: Readonly<Record<Kind, number>>;
  /** Edges per label. */
  readonly edges: Readonly<Record<string, number>>;
  /** Edges left out because they lead out of the subset. */
  readonly edgesOutside: number;
  /** Of the edges: those between twins that no listing gave. */
  readonly linkedTwins: number;
  readonly promoted: readonly PromotedColumn[];
  /** Promoted columns whose values have no type in common but text. */
  readonly promotionConflicts: readonly PromotionConflict[];
};

const EDGE_LISTINGS: readonly EdgeListing[] = ['association', 'HasTrial', 'HasTrialComponent'];

/**
 * Joins the parts of finished shards of all scopes to the files of a run. The ends of edges are settled against all listed
 * vertices, of whichever scope: what no listing gave is described, and becomes an `external` vertex where it cannot be. The
 * same parts give the same bytes, whoever crawled them and in whatever pieces.
 */
export async function joinRun(job: JoinJob): Promise<JoinedRun> {
  const listed = createIdSet();
  const repeatedVertices = await collectVertices(scopesOf(job), listed);
  const { endpoints, repeatedEdges, described } = await settleEnds(job, listed);
  const externals = isExternalKept(job) ? endpoints.externals() : [];
  const { columns: promoted, conflicts: promotionConflicts } = promotedTypes(job, described);
  const headerOf = (kind: Kind) => ({ ...job, header: vertexHeader(kind, job.layout.detail, promoted) });
  const files: ManifestFile[] = [];
  for (const kind of LISTED_KINDS) {
    const pieces = vertexPieces(job, kind, {
      repeated: repeatedVertices,
      described: described.get(kind) ?? [],
    });
    files.push(...(await writeDataFiles(job.files, kind, stoppable(pieces, job), headerOf(kind))));
  }
  const externalRows = externalPieces(externals, job.layout);
  files.push(...(await writeDataFiles(job.files, 'external', externalRows, headerOf('external'))));
  for (const { id } of externals) listed.add(id);
  const byLabel = new Map<string, number>();
  const outside = { edges: 0 };
  const twins = job.linkTwins === true ? await linkedTwins(job) : [];
  const edges = edgePieces(job, {
    ...{ known: listed, endpoints, repeated: repeatedEdges, byLabel, outside, twins },
  });
  files.push(...(await writeDataFiles(job.files, 'edge', counted(stoppable(edges, job), job.onEdges), job)));
  const rowsOf = (path: string) => files.find((file) => file.path === path)?.rows ?? 0;
  return {
    files,
    vertices: Object.fromEntries(ALL_KINDS.map((kind) => [kind, rowsOf(`index/${kind}.csv`)])) as Record<
      Kind,
      number
    >,
    edges: Object.fromEntries([...byLabel].sort(([a], [b]) => (a < b ? -1 : 1))),
    edgesOutside: outside.edges,
    linkedTwins: twins.length,
    promoted,
    promotionConflicts,
  };
}

/** The types of promoted columns, by all values of the run. */
function promotedTypes(
  { scopes, layout: { promotions } }: JoinJob,
  described: ReadonlyMap<Kind, readonly VertexRow[]>,
) {
  const listed = scopes.flat().map((entry) => entry.promoted);
  const others = [...described.values()].map((rows) => countPromoted(rows, promotions));
  return settleTypes(promotions, addPromotedCounts([...listed, ...others]));
}

function isExternalKept({ subset }: JoinJob): boolean {
  return kindsOf(subset).includes('external');
}

function scopesOf({ files, scopes }: JoinJob): readonly ScopeParts[] {
  return scopes.map((entries) => ({ files, entries }));
}

/** The parts of a listing of a scope, those of one shard after the other in the order of their windows. */
function partsOf({ files, entries }: ScopeParts, listing: Listing): PartSource[] {
  const members = MEMBERS[listing];
  return entriesOf(entries, listing)
    .concat(members === undefined ? [] : entriesOf(entries, members))
    .toSorted((a, b) => startOf(a) - startOf(b))
    .flatMap(({ shard, parts, memberships }) => {
      if (shard.listing === listing) return parts;
      return memberships === undefined ? [] : [memberships];
    })
    .map((part) => ({ ...part, path: files.nameOf(part.path), open: () => files.open(part.path) }));
}

/** Whose listing gives the edges of a membership, where entities are completed: it has no listing of its own then. */
const MEMBERS: Readonly<Partial<Record<Listing, Listing>>> = {
  HasTrial: 'trial',
  HasTrialComponent: 'trial_component',
};

/** The rows of a listing, in streams that are in order each: those that were asked for node by node are not joined so. */
function streamsOf(scope: ScopeParts, listing: Listing): AsyncGenerator<Block>[] {
  const parts = partsOf(scope, listing);
  const isMixed = entriesOf(scope.entries, listing).some(({ parts: { length } }) => length > 1);
  return isMixed ? parts.map((part) => blocksOf([part])) : [blocksOf(parts)];
}

/** An entry over all of time stands for the listing alone: what a sweep gave before it was refused is in it once more. */
function entriesOf(entries: readonly JournalEntry[], listing: Listing): readonly JournalEntry[] {
  const own = entries.filter(({ shard }) => shard.listing === listing);
  const whole = own.find(({ shard: { window } }) => window.fromMs === undefined && window.toMs === undefined);
  return whole === undefined ? own : [whole];
}

function startOf({ shard }: JournalEntry): number {
  return shard.window.fromMs ?? Number.NEGATIVE_INFINITY;
}

/** The ids of all vertices of finished shards. */
export async function listedIds(scope: ScopeParts): Promise<IdSet> {
  const listed = createIdSet();
  await collectVertices([scope], listed);
  return listed;
}

/** The associations of finished shards, as they were listed. */
export async function* sweptEdges(scope: ScopeParts): AsyncGenerator<readonly EdgeRow[]> {
  for await (const block of blocksOf(partsOf(scope, 'association'))) {
    yield Array.from({ length: block.rows }, (_, row) =>
      edgeOf(block.lines(row, row + 1).data.toString(), block.orderMs(row)),
    );
  }
}

/** Takes up the ids of all vertices; gives those that came more than once: deleted and created anew meanwhile. */
async function collectVertices(scopes: readonly ScopeParts[], listed: IdSet): Promise<ReadonlySet<string>> {
  const repeated = new Set<string>();
  for (const kind of LISTED_KINDS) {
    for (const part of scopes.flatMap((scope) => partsOf(scope, kind))) {
      for await (const keys of readKeys(part)) {
        for (let row = 0; row < keys.rows; row += 1) {
          const entry = keys.id(row);
          if (!listed.addEntry(entry)) repeated.add(entry.join('-'));
        }
      }
    }
  }
  return repeated;
}

type SettledEnds = {
  readonly endpoints: Endpoints;
  readonly repeatedEdges: ReadonlySet<string>;
  /** Vertices that were described, by kind, in order. */
  readonly described: ReadonlyMap<Kind, readonly VertexRow[]>;
};

/** Looks at each edge whose ends are not spelled as listed, once more whenever that has told more of the vertices. */
async function settleEnds(job: JoinJob, listed: IdSet): Promise<SettledEnds> {
  const spellings = new Map<string, string>();
  let { endpoints, repeated } = await unsettled(job, createEndpoints(listed, spellings), listed);
  const first = endpoints;
  if (first.wanted.size > 0) {
    for (const [key, id] of await spellingsIn(verticesOf(job), first.wanted)) spellings.set(key, id);
    if (spellings.size > 0) {
      ({ endpoints, repeated } = await unsettled(job, createEndpoints(listed, spellings), listed));
    }
  }
  const described = new Map<Kind, VertexRow[]>();
  if (job.subset !== null) return { endpoints, repeatedEdges: repeated, described };
  const unknown = endpoints.externals().flatMap(({ id }) => (kindOfArn(id) === undefined ? [] : [id]));
  for await (const { arn, row } of job.describer.describeAll(unknown)) {
    if (!listed.add(row.id)) continue;
    described.set(row.kind, [...(described.get(row.kind) ?? []), row]);
    if (arn !== row.id) spellings.set(arnKey(arn), row.id);
  }
  if (described.size > 0)
    ({ endpoints, repeated } = await unsettled(job, createEndpoints(listed, spellings), listed));
  for (const rows of described.values()) rows.sort(compareRows);
  return { endpoints, repeatedEdges: repeated, described };
}

/**
 * Resolves each edge whose ends are not both listed in their spelling; collects the ids of all, and those that they get: two
 * accounts may list one association, and spell it differently.
 */
async function unsettled(
  job: JoinJob,
  endpoints: Endpoints,
  listed: IdSet,
): Promise<{ endpoints: Endpoints; repeated: ReadonlySet<string> }> {
  const ids = createIdCollector();
  for (const listing of EDGE_LISTINGS) {
    for (const part of scopesOf(job).flatMap((scope) => partsOf(scope, listing))) {
      if (job.signal?.aborted === true) throw stopError(job.signal.reason);
      for await (const keys of readKeys(part)) {
        for (let row = 0; row < keys.rows; row += 1) {
          ids.add(keys.edgeKey(row));
          if (listed.hasEntry(keys.id(row)) === 'exact' && listed.hasEntry(keys.to(row)) === 'exact')
            continue;
          const edge = edgeOf(await keys.dataLine(row), keys.orderMs(row));
          const { id } = endpoints.resolve(edge);
          if (id !== edge.id) ids.add(edgeKey(id));
        }
      }
    }
  }
  return { endpoints, repeated: ids.repeated() };
}

async function* verticesOf(job: JoinJob): AsyncGenerator<VertexRow> {
  for (const scope of scopesOf(job)) yield* listedVertices({ ...scope, layout: job.layout });
}

/** The vertices of all finished shards of a scope, kind by kind. */
export async function* listedVertices(job: PartsJob): AsyncGenerator<VertexRow> {
  for (const kind of LISTED_KINDS) {
    for await (const block of blocksOf(partsOf(job, kind))) {
      for (let row = 0; row < block.rows; row += 1)
        yield vertexOf(block.lines(row, row + 1).data.toString(), job.layout);
    }
  }
}

async function* blocksOf(parts: readonly PartSource[]): AsyncGenerator<Block> {
  for (const part of parts) yield* readBlocks(part);
}

async function* vertexPieces(
  job: JoinJob,
  kind: Kind & Listing,
  { repeated, described }: { repeated: ReadonlySet<string>; described: readonly VertexRow[] },
): AsyncGenerator<Piece> {
  const streams = scopesOf(job).map((scope) => blocksOf(partsOf(scope, kind)));
  if (described.length > 0) {
    const toBlock = (rows: readonly VertexRow[]) => vertexBlock(rows, job.layout);
    streams.push(blocksOf([partInMemory(`${kind}-described`, described, toBlock)]));
  }
  const given = new Set<string>();
  yield* mergeBlocks<VertexRow>(streams, {
    isPlain: (keys, row) => repeated.size === 0 || !repeated.has(keys.id(row).join('-')),
    decode: (line) => vertexOf(line, job.layout),
    settle(row) {
      if (given.has(row.id)) {
        job.onDuplicate(kind);
        return undefined;
      }
      if (repeated.size > 0) given.add(row.id);
      return row;
    },
    encode: vertexEncoder(job.layout),
  });
}

async function* edgePieces(
  job: JoinJob,
  {
    known,
    endpoints,
    repeated,
    byLabel,
    outside,
    twins,
  }: {
    known: IdSet;
    endpoints: Endpoints;
    repeated: ReadonlySet<string>;
    byLabel: Map<string, number>;
    outside: { edges: number };
    twins: readonly EdgeRow[];
  },
): AsyncGenerator<Piece> {
  const given = new Set<string>();
  const isKnown = (id: string) => known.has(id) === 'exact';
  yield* mergeBlocks<EdgeRow>(
    [
      ...scopesOf(job).flatMap((scope) => EDGE_LISTINGS.flatMap((listing) => streamsOf(scope, listing))),
      ...(twins.length === 0 ? [] : [blocksOf([partInMemory('twins', twins, edgeBlock)])]),
    ],
    {
      isPlain: (keys, row) =>
        known.hasEntry(keys.id(row)) === 'exact' &&
        known.hasEntry(keys.to(row)) === 'exact' &&
        (repeated.size === 0 || !repeated.has(keyText(keys.edgeKey(row)))),
      keyOf: (keys, row) => keys.edgeKey(row),
      decode: edgeOf,
      settle(unsettledRow) {
        const row = endpoints.resolve(unsettledRow);
        if (!isKnown(row.from) || !isKnown(row.to)) {
          outside.edges += 1;
          return undefined;
        }
        if (row.id === unsettledRow.id && !repeated.has(keyText(edgeKey(row.id)))) return row;
        if (given.has(row.id)) {
          job.onDuplicate('association');
          return undefined;
        }
        given.add(row.id);
        return row;
      },
      encode: encodeEdge,
      labelOf: ({ label }) => label,
      onRow: (label) => byLabel.set(label, (byLabel.get(label) ?? 0) + 1),
    },
  );
}

/** The edges between twins that no listing gave, in either direction, in the order of the file. */
async function linkedTwins(job: JoinJob): Promise<readonly EdgeRow[]> {
  const pairs = await twinEdges(() => artifactsOf(job));
  const listed = new Set(pairs.flatMap(({ edge, reverseId }) => [edge.id, reverseId].map(keyOfEdge)));
  const found = new Set<string>();
  for (const part of scopesOf(job).flatMap((scope) => partsOf(scope, 'association'))) {
    for await (const keys of listed.size === 0 ? [] : readKeys(part)) {
      for (let row = 0; row < keys.rows; row += 1) {
        const key = keyText(keys.edgeKey(row));
        if (listed.has(key)) found.add(key);
      }
    }
  }
  return pairs
    .filter(({ edge, reverseId }) => !found.has(keyOfEdge(edge.id)) && !found.has(keyOfEdge(reverseId)))
    .map(({ edge }) => edge)
    .toSorted(compareRows);
}

function keyOfEdge(id: string): string {
  return keyText(edgeKey(id));
}

async function* artifactsOf(job: JoinJob): AsyncGenerator<VertexRow<'artifact'>> {
  for (const scope of scopesOf(job)) {
    for await (const block of blocksOf(partsOf(scope, 'artifact'))) {
      for (let row = 0; row < block.rows; row += 1) {
        const vertex = vertexOf(block.lines(row, row + 1).data.toString(), job.layout);
        if (vertex.kind === 'artifact') yield vertex;
      }
    }
  }
}

async function* externalPieces(rows: readonly VertexRow[], layout: Layout): AsyncGenerator<Piece> {
  if (rows.length === 0) return;
  const cells = rows.map(vertexEncoder(layout));
  const index = rows.map((row, at) => indexLine(row, cells[at] ?? []));
  yield { rows: rows.length, data: csvLines(cells), index: csvLines(index) };
}

async function* stoppable(pieces: AsyncIterable<Piece>, { signal }: JoinJob): AsyncGenerator<Piece> {
  for await (const piece of pieces) {
    if (signal?.aborted === true) throw stopError(signal.reason);
    yield piece;
  }
}

async function* counted(pieces: AsyncIterable<Piece>, onRows: (rows: number) => void): AsyncGenerator<Piece> {
  let rows = 0;
  for await (const piece of pieces) {
    yield piece;
    rows += piece.rows;
    onRows(rows);
  }
}

function vertexOf(line: string, { detail }: { readonly detail: Detail }): VertexRow {
  return decodeVertex(splitLine(line), detail);
}

/** Membership edges have no time in their line. */
function edgeOf(line: string, orderMs: number): EdgeRow {
  return { ...decodeEdge(splitLine(line)), orderMs };
}
