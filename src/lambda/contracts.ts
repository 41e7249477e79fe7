import { z } from 'zod';
import { LISTING_OPERATIONS, type Listing } from '../crawl/listings.ts';
import { ROW_KINDS } from '../snapshot/diff.ts';
import { EDGE_LISTINGS } from '../snapshot/plan.ts';

const LISTINGS = Object.keys(LISTING_OPERATIONS) as [Listing, ...Listing[]];
const emptySchema = z.enum([...ROW_KINDS, ...EDGE_LISTINGS]);
const count = z.int().nonnegative();
const runSchema = z.string().regex(/^\d{8}T\d{6}\.\d{3}Z$/, 'expected the id of a run');

/** One account in one Region, and the role to assume there: see `Scope` of the graph. */
export const scopeSchema = z.strictObject({
  account: z
    .string()
    .regex(/^\d{12}$/, 'an account id has twelve digits')
    .exactOptional(),
  region: z.string().min(1),
  role: z
    .strictObject({
      arn: z.string().regex(/^arn:[^:]+:iam::\d{12}:role\/.+/, 'expected the ARN of a role'),
      externalId: z.string().min(2).max(1_224).exactOptional(),
      sessionName: z.string().min(2).max(64).exactOptional(),
    })
    .exactOptional(),
});

/** What an execution is started with: what `sync` takes as flags. */
export const inputSchema = z.strictObject({
  /** @default the account and the Region of the functions */
  scopes: z.array(scopeSchema).min(1).optional(),
  /** A run that was cut short, to go on with. @default a new one */
  resume: runSchema.optional(),
  removal: z.enum(['keep', 'delete', 'tombstone']).default('keep'),
  maxDelete: z
    .union([z.strictObject({ share: z.number().min(0).max(1) }), z.strictObject({ elements: count })])
    .optional(),
  force: z.boolean().default(false),
  /** Kinds, or listings of edges, that may have become empty. */
  allowEmpty: z.array(emptySchema).readonly().default([]),
  full: z.boolean().default(false),
  allowFewerColumns: z.boolean().default(false),
  detail: z.enum(['summary', 'full']).default('summary'),
  tags: z.boolean().default(false),
  promote: z.array(z.string()).readonly().default([]),
  parallelism: z.enum(['LOW', 'MEDIUM', 'HIGH', 'OVERSUBSCRIBE']).default('MEDIUM'),
  /** Calls at the same time, of one function that crawls. */
  concurrency: z.int().min(1).max(100).default(8),
  /** Requests a second of each operation, of one function. */
  maxRps: z.number().positive().optional(),
  /** A listing is divided among functions where the last run held more rows of it than this. */
  recordsPerShard: z.int().positive().default(250_000),
  /** How long the lease holds while no function renews it. */
  leaseMinutes: z.number().positive().max(1_440).default(30),
});

/** What every step is told: which run it works at, and for which execution. */
export const nightSchema = z.object({
  run: runSchema,
  /** Of the lease: the execution. */
  holder: z.string().min(1),
});

/** A scope of a run under way; `id` is its place in the run. */
export const runScopeSchema = scopeSchema.extend({ id: z.string().regex(/^\d+$/) });

export const windowSchema = z.strictObject({
  fromMs: z.int().exactOptional(),
  toMs: z.int().exactOptional(),
});

export const plannedShardSchema = z.strictObject({ listing: z.enum(LISTINGS), window: windowSchema });

export const beginEvent = z.object({
  /** Of the execution: another for each. */
  execution: z.string().min(1),
  startedAt: z.iso.datetime({ offset: true }),
  input: z.unknown(),
});
export const scopeEvent = nightSchema.extend({ scope: runScopeSchema });
export const crawlEvent = scopeEvent.extend({ shard: plannedShardSchema, idle: count.exactOptional() });

/** What a state machine hands on of an error. */
export const errorSchema = z.object({ Error: z.string(), Cause: z.string().default('') });

export type NightInput = z.infer<typeof inputSchema>;
export type NightName = z.infer<typeof nightSchema>;
export type RunScope = z.infer<typeof runScopeSchema>;
export type PlannedShard = z.infer<typeof plannedShardSchema>;
