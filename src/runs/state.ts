import type { S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { LineageError } from '../errors.ts';
import { readTagged, writeTagged } from '../neptune/conditional-object.ts';
import type { BucketAccess, Encryption } from '../neptune/s3-requests.ts';
import { formatS3Uri, type S3Location, under } from '../neptune/s3-uri.ts';
import { SCOPE_LISTINGS, subsetSchema } from '../snapshot/manifest.ts';
import { EDGE_LISTINGS } from '../snapshot/plan.ts';

const runId = z.string().min(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const heldScopesSchema = z
  .array(
    z.strictObject({
      account: z.string().nullable(),
      region: z.string(),
      rows: z.record(z.enum(SCOPE_LISTINGS), z.int().nonnegative()),
    }),
  )
  .readonly()
  .exactOptional();

export const residueSchema = z
  .strictObject({
    sha256,
    rows: z.int().positive(),
    /** What the runs were limited to that loaded it. */
    subsets: z.array(subsetSchema.nullable()).default([]),
    /** Listings of edges that came back empty since, and how many edges they gave before: see `doubtedEdges`. */
    doubted: z.partialRecord(z.enum(EDGE_LISTINGS), z.int().positive()).default({}),
  })
  .nullable();

const stateSchema = z.strictObject({
  /** Rises when a reader of the old form could misread the new one. */
  format: z.literal(1),
  /** Rises by one with every write, so that no two writes have the same text. */
  revision: z.int().positive(),
  /** The account and region that the graph is kept equal to. */
  scope: z.strictObject({ account: z.string().nullable(), region: z.string() }),
  /**
   * Where the graph is kept equal to several accounts or Regions: each that it holds something of, with the rows of the last
   * run that held it whole. `region` is that of bucket and cluster then.
   */
  scopes: heldScopesSchema,
  /** Endpoint of the cluster, as it was given. */
  graph: z.string(),
  /** The run that the graph was last verified to hold; null before the first. */
  run: runId.nullable(),
  /** When it was verified, or found to be unchanged since. */
  verifiedAt: z.iso.datetime().nullable(),
  /** What the graph holds beside that run: what earlier nights loaded and nobody was allowed to remove. */
  residue: residueSchema,
  /** Runs whose syncs began to write to the graph and were not verified, so that the graph may hold parts of them. */
  attempts: z.array(z.strictObject({ run: runId, startedAt: z.iso.datetime(), holder: z.string() })),
});

/**
 * What is known of the graph: `<prefix>/state.json`. Only ids that it names, through the indexes of its runs and through the
 * residue, are this deployment's.
 */
export type State = z.infer<typeof stateSchema>;

/** A state as it stands in S3. */
export type HeldState = {
  readonly state: State;
  /** Undefined where there is none in S3 yet. */
  readonly etag: string | undefined;
};

/** A state that a step of a sync saved for the next one: before the first sync, none is in S3. */
export const heldStateSchema: z.ZodType<HeldState> = z
  .object({ state: stateSchema.extend({ revision: z.int().nonnegative() }), etag: z.string().optional() })
  .transform(({ state, etag }) => ({ state, etag }));

export type StateStore = {
  /** `s3://bucket/prefix/state.json` */
  readonly uri: string;
  /** @throws LineageError (validationFailed) where it is not a state of this version */
  read(signal?: AbortSignal): Promise<HeldState | undefined>;
  /**
   * Writes the next state, if the one that it follows still stands.
   *
   * @throws LineageError (locked) where another sync wrote it meanwhile
   */
  move(from: HeldState, next: Omit<State, 'format' | 'revision'>, signal?: AbortSignal): Promise<HeldState>;
};

const STATE_FILE = 'state.json';

type StoreOptions = {
  readonly s3: S3Client;
  /** The prefix under which the runs are. */
  readonly folder: S3Location;
  readonly encryption?: Encryption | undefined;
  readonly expectedBucketOwner?: BucketAccess['expectedBucketOwner'];
};

export function stateStore({ s3, folder, encryption, expectedBucketOwner }: StoreOptions): StateStore {
  const at = under(folder, STATE_FILE);
  const uri = formatS3Uri(at);
  return {
    uri,
    async read(signal) {
      const found = await readTagged(s3, at, { signal, expectedBucketOwner });
      return found === undefined ? undefined : { state: parseState(found.text, uri), etag: found.etag };
    },
    async move(from, next, signal) {
      const state: State = { ...next, format: 1, revision: from.state.revision + 1 };
      const write = { text: `${JSON.stringify(state, null, 2)}\n`, expected: from.etag };
      const written = await writeTagged(s3, at, write, { signal, encryption, expectedBucketOwner });
      if (written === undefined) throw moved(uri, from.state);
      return { state, etag: written.etag };
    },
  };
}

/** The state before the first sync. */
export function firstState({ scope, graph }: Pick<State, 'scope' | 'graph'>): HeldState {
  const state = { format: 1, revision: 0, scope, graph, run: null, verifiedAt: null } as const;
  return { state: { ...state, residue: null, attempts: [] }, etag: undefined };
}

/** The state from its JSON text. @throws LineageError (validationFailed) naming `origin` and the first bad member */
function parseState(text: string, origin: string): State {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new LineageError('validationFailed', `${origin} is not JSON.`, { cause, hint: HINT });
  }
  const result = stateSchema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.join('.') || '(root)';
  throw new LineageError(
    'validationFailed',
    `${origin} is not a state of this version: ${where}: ${issue?.message}.`,
    { cause: result.error, hint: HINT },
  );
}

const HINT =
  'Use the version that wrote it, or a newer one. Do not remove it: it says which elements of the graph are yours.';

function moved(uri: string, { revision, run }: State): LineageError {
  return new LineageError('locked', `${uri} was moved by another sync while this one worked.`, {
    hint: 'Nothing is lost: this sync was begun before the other ended. Run it again.',
    details: { uri, revision, run },
  });
}
