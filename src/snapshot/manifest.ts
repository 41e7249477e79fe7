import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LineageError } from '../errors.ts';
import { ALL_KINDS, LISTED_KINDS, MEMBERSHIP_LABELS } from '../graph/kinds.ts';

const count = z.int().nonnegative();

/** See `Subset` of the graph. */
export const subsetSchema = z.strictObject({
  kinds: z.array(z.enum(ALL_KINDS)).min(1).readonly().optional(),
  types: z.array(z.string().min(1)).min(1).readonly().optional(),
  createdAfter: z.iso.datetime().optional(),
  createdBefore: z.iso.datetime().optional(),
  sourceUriPrefix: z.string().min(1).optional(),
});

/** What a scope is listed by: kinds of vertices, and what gives edges. */
export const SCOPE_LISTINGS = [...LISTED_KINDS, 'association', ...Object.values(MEMBERSHIP_LABELS)] as const;

const scopeSchema = z.strictObject({
  /** Null where nobody said which it is and it holds no lineage. */
  account: z.string().nullable(),
  region: z.string(),
  /**
   * In a run of several scopes alone. `complete`: every listing ended by itself. Of any other the run holds nothing: `denied`
   * by SageMaker or STS; `unsupported`: the Region has no lineage, or the account does not have the Region; `failed`: for
   * the `reason`.
   */
  verdict: z.enum(['complete', 'denied', 'failed', 'unsupported']).exactOptional(),
  reason: z.string().exactOptional(),
  /** Beside `verdict`: how far each kind, and the edges, were listed; for why, see report.json. */
  kinds: z
    .record(z.enum([...LISTED_KINDS, 'edge']), z.enum(['complete', 'partial', 'denied', 'unsupported']))
    .exactOptional(),
  /** Beside `verdict`: what the run holds of the scope, by what it was listed as. */
  rows: z.record(z.enum(SCOPE_LISTINGS), count).exactOptional(),
});

const manifestSchema = z.strictObject({
  /** Rises when a reader of the old form could misread the new one. */
  format: z.literal(1),
  run: z.string().min(1),
  /** Package and version that wrote the run. */
  tool: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  /**
   * Whether every listing of every scope ended by itself, but for Regions without lineage: only then may the run stand for all of
   * its scopes.
   */
  complete: z.boolean(),
  scopes: z.array(scopeSchema),
  /** What the run was limited to; null where it copied the whole of its scopes. A subset never stands for the whole. */
  subset: subsetSchema.nullable(),
  /** How much of each entity the run holds. Runs of different detail have different columns and cannot be compared. */
  detail: z.enum(['summary', 'full']).default('summary'),
  /** Whether tags were asked for, beside those that come without a call of their own. */
  tags: z.boolean().default(false),
  /** Columns behind the declared ones: keys of map columns that `--promote` named. */
  promoted: z
    .array(z.strictObject({ column: z.string(), type: z.enum(['Bool', 'Long', 'Double', 'String']) }))
    .default([]),
  /** Rows per kind: what a count of vertices by label must give. */
  vertices: z.record(z.enum(ALL_KINDS), count),
  /** Rows per edge label. */
  edges: z.record(z.string(), count),
  /** Every file of `data/` and `index/`, by its path from the run directory, sorted. */
  files: z.array(
    z.strictObject({
      path: z.string(),
      rows: count,
      bytes: count,
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});

/** What a finished run says of itself. It is the last file written: a directory without it is not a run. */
export type Manifest = z.infer<typeof manifestSchema>;

export type ManifestFile = Manifest['files'][number];

export type ManifestScope = Manifest['scopes'][number];

/** Whether a run holds all of a scope. */
export function isWholeScope({ complete }: Pick<Manifest, 'complete'>, { verdict }: ManifestScope): boolean {
  return verdict === undefined ? complete : verdict === 'complete';
}

/** Whether a scope is missing from a run: an unsupported Region holds nothing that could be. */
export function isMissingScope({ verdict }: Pick<ManifestScope, 'verdict'>): boolean {
  return verdict === 'denied' || verdict === 'failed';
}

/** What tells the scopes of runs apart. */
export function scopeText({ account, region }: Pick<ManifestScope, 'account' | 'region'>): string {
  return `${region} ${account}`;
}

export const MANIFEST_FILE = 'manifest.json';

/** The manifest from its JSON text. @throws LineageError (validationFailed) naming `origin` and the first bad member. */
export function parseManifest(text: string, origin: string): Manifest {
  const hint = 'Point at a directory or prefix that a finished `smlineage export` wrote.';
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new LineageError('validationFailed', `${origin} is not JSON.`, { cause, hint });
  }
  const result = manifestSchema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new LineageError(
    'validationFailed',
    `${origin} is not a manifest of this version: ${issue?.path.join('.') || '(root)'}: ${issue?.message}.`,
    { cause: result.error, hint },
  );
}

/** Reads the manifest of a run directory. @throws LineageError (usage) where the directory holds none. */
export async function readManifest(directory: string): Promise<Manifest> {
  const path = join(directory, MANIFEST_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new LineageError('usage', `${directory} is not a run: it holds no ${MANIFEST_FILE}.`, {
      cause,
      hint: 'Pass the directory that `smlineage export` printed; a run that did not finish has no manifest.',
    });
  }
  return parseManifest(text, path);
}

/** Writes the manifest aside and gives it its name, so that a directory has either a whole one or none. */
export async function writeManifest(directory: string, manifest: Manifest): Promise<void> {
  const path = join(directory, MANIFEST_FILE);
  await writeFile(`${path}.partial`, `${JSON.stringify(manifest, null, 2)}\n`, { flush: true });
  await rename(`${path}.partial`, path);
}
