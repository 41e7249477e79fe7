import { z } from 'zod';
import { LineageError } from '../errors.ts';
import { isMembershipLabel, LISTED_KINDS, type ListedKind, MEMBERSHIP_LABELS } from '../graph/kinds.ts';
import type { StoredRow } from '../graph/stored.ts';
import type { Subset } from '../graph/subset.ts';
import { type Change, type ChangeCounts, ROW_KINDS, type RowKind } from './diff.ts';
import { subsetSchema } from './manifest.ts';

/** How much a sync may remove: a share of what the graph holds (0 to 1), or a number of elements. */
export type MaxDelete = { readonly share: number } | { readonly elements: number };

/** What is asked for besides loading. */
export type RemovalOptions = {
  /** Remove what is gone from the account. @default false */
  readonly delete?: boolean | undefined;
  /** With `delete`: mark with a `deletedAt` property, in place of removing. @default false */
  readonly tombstone?: boolean | undefined;
  /** Remove more than `maxDelete`. @default false */
  readonly force?: boolean | undefined;
  /** Of the vertices, and of the edges. @default 5 % or 100, whichever is more */
  readonly maxDelete?: MaxDelete | undefined;
  /** Kinds and listings of edges that may be empty though they were not before; `edge` stands for all of the second. @default none */
  readonly allowEmpty?: readonly (RowKind | EdgeListing)[] | undefined;
  /** Take the values of columns that the run does not have, of full detail, tags or promoted keys, from the graph. @default false */
  readonly allowFewerColumns?: boolean | undefined;
};

/** Edges come from three listings: one may be empty by mistake while the others are not. */
export const EDGE_LISTINGS = ['association', ...Object.values(MEMBERSHIP_LABELS)] as const;
export type EdgeListing = (typeof EDGE_LISTINGS)[number];

/** How many edges each listing gave; one that gave none may be left out. */
export type ListedEdges = Readonly<Partial<Record<EdgeListing, number>>>;

/** Of which listings the edges of a run are, from the count by label that its manifest has. */
export function listedEdges(byLabel: Readonly<Record<string, number>>): ListedEdges {
  const listed: Partial<Record<EdgeListing, number>> = {};
  for (const [label, edges] of Object.entries(byLabel)) {
    const listing = isMembershipLabel(label) ? label : 'association';
    listed[listing] = (listed[listing] ?? 0) + edges;
  }
  return listed;
}

/** What a decision needs to know of a run, from its manifest. */
type JudgedRun = {
  readonly complete: boolean;
  readonly subset: Subset | null;
  /** Rows by label. */
  readonly edges: Readonly<Record<string, number>>;
};

/** What is known of the runs that the graph may hold something of. */
export type HeldRuns = {
  /** What each was limited to; null is the whole account. */
  readonly subsets: readonly (Subset | null)[];
  /** The most that each listing gave. */
  readonly edges: ListedEdges;
};

/** What a scope gave, by what it was listed as. */
type ScopeChange = {
  /** As messages name it. */
  readonly name: string;
  readonly before: Readonly<Record<ListingName, number>>;
  readonly after: Readonly<Record<ListingName, number>>;
};

type ListingName = ListedKind | EdgeListing;

export type RemovalInput = {
  /** Where `several` is given, removed are those alone that the run can say are gone. */
  readonly counts: Readonly<Record<RowKind, ChangeCounts>>;
  readonly held: HeldRuns;
  readonly after: JudgedRun;
  /** Where the run, or the graph, has several scopes: what each scope gave that the run holds whole. */
  readonly several?:
    | {
        /** Whether the run stands for all scopes that the graph holds something of. */
        readonly isWhole: boolean;
        readonly scopes: readonly ScopeChange[];
      }
    | undefined;
  readonly options: RemovalOptions;
};

type GuardName = 'partial' | 'subset' | 'empty-kind' | 'max-delete';

/** Why something that was asked for is not done. */
export type Refusal = {
  /** See {@link GUARDS}. */
  readonly guard: GuardName;
  readonly kinds: readonly (RowKind | EdgeListing)[];
  /** Elements that stay in the graph because of it. */
  readonly elements: number;
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
};

type Guard = (input: RemovalInput) => readonly Refusal[];

/**
 * What keeps a removal from taking what is still in the account. `partial`: not every listing ended by itself. `subset`: the run
 * holds a part of the account, and the graph may hold more than that part. `empty-kind`: a listing came back empty that was not.
 * `max-delete`: more than may be removed at once.
 */
export const GUARDS: Readonly<Record<GuardName, Guard>> = {
  partial: partialRefusal,
  subset: subsetRefusal,
  'empty-kind': emptyRefusal,
  'max-delete': tooManyRefusals,
};

export type RemovalDecision = {
  /** What becomes of elements that are gone from the account. */
  readonly removal: 'remove' | 'tombstone' | 'keep';
  /**
   * Whether a vertex that was listed and is now but the end of an association becomes `external`. Where a listing may lack what
   * the account has, it stays what it is.
   */
  readonly demotion: 'apply' | 'keep';
  /** Not empty: nothing is removed, and exit code 6. */
  readonly refusals: readonly Refusal[];
};

const DEFAULT_SHARE = 0.05;
const DEFAULT_ELEMENTS = 100;

/**
 * Decides whether what is gone from the account is removed from the graph. Every guard that trips keeps everything: a run
 * that is wrong about one kind is not believed about another.
 *
 * @param guards a test leaves one out, to see what it keeps from happening. @default all
 */
export function decideRemoval(
  input: RemovalInput,
  guards: readonly Guard[] = Object.values(GUARDS),
): RemovalDecision {
  const { options, after, several } = input;
  const isAllThere = after.complete && several?.isWhole !== false;
  const isWhole = isAllThere && after.subset === null && emptyRefusal(input).length === 0;
  const demotion = isWhole ? 'apply' : 'keep';
  if (options.delete !== true) return { removal: 'keep', demotion, refusals: [] };
  const refusals = guards.flatMap((guard) => guard(input));
  if (refusals.length > 0) return { removal: 'keep', demotion, refusals };
  return { removal: options.tombstone === true ? 'tombstone' : 'remove', demotion, refusals };
}

/**
 * Listings of edges that are empty now and were not, and nobody said that this is right: while their edges are kept, the
 * next sync has to ask again.
 */
export function doubtedEdges({
  held,
  after,
  several,
  options: { allowEmpty = [] },
}: Omit<RemovalInput, 'counts'>): ListedEdges {
  // Of several scopes, each is asked again by itself.
  if (several !== undefined) return {};
  const now = listedEdges(after.edges);
  const doubted = EDGE_LISTINGS.filter(
    (listing) => (held.edges[listing] ?? 0) > 0 && (now[listing] ?? 0) === 0,
  ).filter((listing) => !allowEmpty.includes(listing) && !allowEmpty.includes('edge'));
  return Object.fromEntries(doubted.map((listing) => [listing, held.edges[listing] ?? 0]));
}

function removedOf({ counts }: RemovalInput, kinds: readonly RowKind[] = ROW_KINDS): number {
  return kinds.reduce((sum, kind) => sum + counts[kind].removed, 0);
}

function partialRefusal(input: RemovalInput): readonly Refusal[] {
  // Of several scopes, what is missing from the run does not count as removed.
  if (input.after.complete || input.several !== undefined || removedOf(input) === 0) return [];
  return [
    {
      guard: 'partial',
      kinds: kindsWithRemovals(input),
      elements: removedOf(input),
      message: 'the run does not hold the whole account, so that what it lacks may still be there',
      hint: 'Export again; report.json of the run says which listing did not end by itself.',
    },
  ];
}

function subsetRefusal(input: RemovalInput): readonly Refusal[] {
  const { held, after } = input;
  if (after.subset === null || removedOf(input) === 0) return [];
  if (held.subsets.length > 0 && held.subsets.every((subset) => isSameSubset(subset, after.subset)))
    return [];
  return [
    {
      guard: 'subset',
      kinds: kindsWithRemovals(input),
      elements: removedOf(input),
      message: 'the run was limited to a subset, and the graph may hold what is outside of it',
      hint: 'Leave out --delete, or export without limits.',
    },
  ];
}

/** Members of a subset have no order of their own. */
function isSameSubset(a: Subset | null, b: Subset | null): boolean {
  const key = (subset: Subset | null) =>
    JSON.stringify(
      Object.entries(subset ?? {})
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, Array.isArray(value) ? value.toSorted() : value])
        .sort(([x], [y]) => (String(x) < String(y) ? -1 : 1)),
    );
  return key(a) === key(b);
}

/** What SageMaker lists: only an empty listing can be a wrong one. */
const GUARDED_KINDS: readonly RowKind[] = [...LISTED_KINDS, 'edge'];

function emptyKinds({ counts, options: { allowEmpty = [] } }: RemovalInput): readonly RowKind[] {
  return GUARDED_KINDS.filter((kind) => counts[kind].before > 0 && counts[kind].after === 0).filter(
    (kind) => !allowEmpty.includes(kind),
  );
}

function emptyRefusal(input: RemovalInput): readonly Refusal[] {
  const { counts, several } = input;
  if (several !== undefined) return several.scopes.flatMap((scope) => emptyInScope(scope, input));
  const kinds = emptyKinds(input);
  const edges = kinds.includes('edge') ? {} : doubtedEdges(input);
  const empty = [...kinds, ...(Object.keys(edges) as EdgeListing[])];
  if (empty.length === 0) return [];
  return [
    {
      guard: 'empty-kind',
      kinds: empty,
      elements:
        kinds.reduce((sum, kind) => sum + counts[kind].before, 0) +
        Object.values(edges).reduce((sum, held) => sum + held, 0),
      message: `the account had some of ${empty.join(', ')} before, and has none now`,
      hint: `If that is right, pass --allow-empty ${empty.join(',')}; else see what the caller may list.`,
    },
  ];
}

function emptyInScope(
  { name, before, after }: ScopeChange,
  { options: { allowEmpty = [] } }: RemovalInput,
): readonly Refusal[] {
  const isAllowed = (listing: ListingName) =>
    allowEmpty.includes(listing) ||
    (EDGE_LISTINGS.some((edges) => edges === listing) && allowEmpty.includes('edge'));
  const empty = [...LISTED_KINDS, ...EDGE_LISTINGS].filter(
    (listing) => before[listing] > 0 && after[listing] === 0 && !isAllowed(listing),
  );
  if (empty.length === 0) return [];
  return [
    {
      guard: 'empty-kind',
      kinds: empty,
      elements: empty.reduce((sum, listing) => sum + before[listing], 0),
      message: `${name} had some of ${empty.join(', ')} before, and has none now`,
      hint: `If that is right, pass --allow-empty ${empty.join(',')}; else see what the caller may list.`,
    },
  ];
}

function tooManyRefusals(input: RemovalInput): readonly Refusal[] {
  const { counts, options } = input;
  if (options.force === true) return [];
  const vertices = ROW_KINDS.filter((kind) => kind !== 'edge');
  const groups: readonly (readonly [string, readonly RowKind[]])[] = [
    ['vertices', vertices],
    ['edges', ['edge']],
  ];
  return groups.flatMap(([what, kinds]) => {
    const removed = removedOf(input, kinds);
    const held = kinds.reduce((sum, kind) => sum + counts[kind].before, 0);
    const most = mostOf(options.maxDelete, held);
    if (removed <= most) return [];
    const refusal: Refusal = {
      guard: 'max-delete',
      kinds: kinds.filter((kind) => counts[kind].removed > 0),
      elements: removed,
      message: `${removed} of ${held} ${what} would be removed, and at most ${most} may be at once`,
      hint: 'Look at the plan; if that is right, pass --force, or a higher --max-delete.',
    };
    return [refusal];
  });
}

function mostOf(maxDelete: MaxDelete | undefined, held: number): number {
  if (maxDelete === undefined) return Math.max(DEFAULT_ELEMENTS, Math.floor(held * DEFAULT_SHARE));
  return 'share' in maxDelete ? Math.floor(held * maxDelete.share) : maxDelete.elements;
}

function kindsWithRemovals({ counts }: RemovalInput): readonly RowKind[] {
  return ROW_KINDS.filter((kind) => counts[kind].removed > 0);
}

/** @throws LineageError (deleteGuard) where something that was asked for is refused */
export function assertNothingRefused({ refusals }: Pick<RemovalDecision, 'refusals'>): void {
  const [first] = refusals;
  if (first === undefined) return;
  throw new LineageError(
    'deleteGuard',
    `Nothing is removed: ${refusals.map(({ message }) => message).join('; ')}.`,
    { hint: first.hint, details: { refusals } },
  );
}

/** What a load of the new row does not bring about. */
export type PlannedCorrection = {
  readonly element: 'vertex' | 'edge';
  readonly kind: RowKind;
  readonly id: string;
} & (
  | {
      /** Properties that have no value any more: a blank cell leaves the old one. */
      readonly is: 'blank';
      readonly properties: readonly string[];
    }
  | {
      /** Labels accumulate: the vertex, or the edge, has to go before it is loaded. */
      readonly is: 'relabel';
      readonly from: string;
      readonly to: string;
    }
  /** An edge keeps its ends: it has to go before it is loaded. Its id stands for the same ends in another spelling. */
  | { readonly is: 'ends' }
);

/** What one change asks for. */
export type ChangePlan = {
  /** Whether the new row is loaded. */
  readonly load: boolean;
  /** Whether the element goes, or is marked, as the decision says. */
  readonly remove: boolean;
  readonly corrections: readonly PlannedCorrection[];
};

/**
 * What one change asks for, given the rows that it is about.
 *
 * @param rows those of the earlier and of the later run; for an addition and a removal none are needed
 */
export function planChange(
  change: Change,
  rows: { readonly before: StoredRow | undefined; readonly after: StoredRow | undefined },
  { removal, demotion }: Pick<RemovalDecision, 'removal' | 'demotion'>,
): ChangePlan {
  if (change.change === 'added') return { load: true, remove: false, corrections: [] };
  if (change.change === 'removed') return { load: false, remove: removal !== 'keep', corrections: [] };
  const isDemoted = change.kind === 'external' && change.before.kind !== 'external';
  if (isDemoted && demotion === 'keep') return { load: false, remove: false, corrections: [] };
  return { load: true, remove: false, corrections: correctionsOf(change, rows) };
}

function correctionsOf(
  { kind, id, before: { kind: kindBefore } }: Extract<Change, { change: 'updated' }>,
  { before, after }: { readonly before: StoredRow | undefined; readonly after: StoredRow | undefined },
): readonly PlannedCorrection[] {
  const about = { element: kind === 'edge' ? 'edge' : 'vertex', kind, id } as const;
  const [from, to] = [before?.labels[0] ?? kindBefore, after?.labels[0] ?? kind];
  if (from !== to) return [{ ...about, is: 'relabel', from, to }];
  if (before === undefined || after === undefined) return [];
  if (before.ends?.from !== after.ends?.from || before.ends?.to !== after.ends?.to)
    return [{ ...about, is: 'ends' }];
  const kept = new Set(after.properties.filter(({ values }) => values.length > 0).map(({ name }) => name));
  const properties = before.properties
    .filter(({ name, values }) => values.length > 0 && !kept.has(name))
    .map(({ name }) => name);
  return properties.length === 0 ? [] : [{ ...about, is: 'blank', properties }];
}

const count = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const rowKind = z.enum(ROW_KINDS as [RowKind, ...RowKind[]]);
export const refusalSchema = z.strictObject({
  guard: z.enum(Object.keys(GUARDS) as [GuardName, ...GuardName[]]),
  kinds: z.array(z.enum([...ROW_KINDS, ...EDGE_LISTINGS])).readonly(),
  elements: count,
  message: z.string(),
  hint: z.string(),
});
const runSchema = z.strictObject({ run: z.string().min(1), manifestSha256: sha256 });

const planSchema = z.strictObject({
  /** Rises when a reader of the old form could misread the new one. */
  format: z.literal(1),
  /** The run whose rows are to be loaded. */
  after: runSchema,
  /** The run that the graph holds; null where it holds none. */
  before: runSchema.nullable(),
  /** The state that named that run, as it stood. Null where the run was given. */
  state: z.strictObject({ uri: z.string(), revision: count }).nullable(),
  /** What the later run was limited to. */
  subset: subsetSchema.nullable(),
  /** How many elements of each kind are loaded as new, loaded anew, gone from the account, and relabelled among the second. */
  counts: z.record(
    rowKind,
    z.strictObject({
      before: count,
      after: count,
      added: count,
      updated: count,
      removed: count,
      relabelled: count,
    }),
  ),
  /** `all`: the run's own data, since the graph holds nothing yet. `delta`: the files under `load/`. */
  load: z.enum(['all', 'delta', 'nothing']),
  removal: z.enum(['remove', 'tombstone', 'keep']),
  demotion: z.enum(['apply', 'keep']),
  corrections: z.strictObject({ blank: count, relabel: count, ends: count }),
  refusals: z.array(refusalSchema),
  /** What a reader should know besides. */
  notes: z.array(z.string()),
  /** Every file beside `plan.json`, by its path from there, sorted. */
  files: z.array(z.strictObject({ path: z.string(), rows: count, bytes: count, sha256 })),
});

/** What a sync is to do: `plan.json`. Rows and ids are in files beside it. */
export type Plan = z.infer<typeof planSchema>;

export const PLAN_FILE = 'plan.json';

/** Rows to load, in the layout of a run's data. */
export const LOAD_FOLDER = 'load';

/** Lines of JSON: `{"element", "kind", "id", "creationMs"}`, edges before vertices. */
export const REMOVE_FILE = 'remove.jsonl';

/** Lines of JSON, each a {@link PlannedCorrection}. */
export const CORRECTIONS_FILE = 'corrections.jsonl';

/** A line of `remove.jsonl`. */
export type PlannedRemoval = {
  readonly element: 'vertex' | 'edge';
  readonly kind: RowKind;
  readonly id: string;
  readonly creationMs: number;
};

/** The plan from its JSON text. @throws LineageError (validationFailed) naming `origin` and the first bad member. */
export function parsePlan(text: string, origin: string): Plan {
  const hint = 'Pass the plan.json that `smlineage plan` of this version wrote.';
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new LineageError('validationFailed', `${origin} is not JSON.`, { cause, hint });
  }
  const result = planSchema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new LineageError(
    'validationFailed',
    `${origin} is not a plan of this version: ${issue?.path.join('.') || '(root)'}: ${issue?.message}.`,
    { cause: result.error, hint },
  );
}
