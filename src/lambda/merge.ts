import { z } from 'zod';
import { LineageError } from '../errors.ts';
import { accountOfScope } from '../graph/scope.ts';
import { formatS3Uri, under } from '../neptune/s3-uri.ts';
import { getText, putText } from '../neptune/upload.ts';
import { accountOf, assertAccount } from '../runs/crawl-scope.ts';
import { type CrawledScope, mergeRun } from '../runs/merge-run.ts';
import { objectFiles } from '../runs/object-files.ts';
import { readObjectJournal, unfinished, withPartsIn } from '../runs/object-journal.ts';
import { scopeVerdict } from '../runs/scope-verdict.ts';
import { MANIFEST_FILE, type Manifest, parseManifest } from '../snapshot/manifest.ts';
import { REPORT_FILE } from '../snapshot/report.ts';
import { errorSchema, nightSchema, plannedShardSchema, type RunScope, runScopeSchema } from './contracts.ts';
import { accessOf, reach } from './deployment.ts';
import { executionError } from './execution-error.ts';
import { handlerOf, type Step } from './handler.ts';
import {
  findJson,
  type Night,
  openNight,
  runFolder,
  savedJson,
  saveJson,
  scopeFolder,
  settingsOf,
  workFolder,
} from './night.ts';

const eventSchema = nightSchema.extend({
  /** Whose shards have ended; without it, the scopes are made one run. */
  scope: runScopeSchema.exactOptional(),
  /** What the scope's shards ended with. */
  error: errorSchema.exactOptional(),
});

const endSchema = z.strictObject({
  account: z.string().nullable(),
  /** What it ended with; null where it is whole. */
  error: errorSchema.nullable(),
  calls: z.int(),
  throttles: z.int(),
});

/** Of a scope: says what became of it. Of the run: joins all scopes that are whole, and writes the run's manifest. */
export const handler = handlerOf(eventSchema, async ({ scope, error, ...name }, step) => {
  const night = await openNight(step, name);
  if (scope !== undefined) {
    await saveJson(step, night, endFile(scope), await endOf(step, night, scope, error));
    return { run: night.run, holder: night.holder, scope: scope.id, complete: error === undefined };
  }
  const { complete, scopes } = (await findManifest(step, night)) ?? (await mergeScopes(step, night));
  return { run: night.run, holder: night.holder, complete, scopes: scopes.length };
});

type End = z.infer<typeof endSchema>;

async function endOf(
  step: Step,
  night: Night,
  scope: RunScope,
  error: z.infer<typeof errorSchema> | undefined,
): Promise<End> {
  const folder = scopeFolder(step, night, scope);
  const entries = await readObjectJournal(folder, accessOf(step.deployment, step.signal));
  const sum = (of: 'calls' | 'throttles') => entries.reduce((total, { counts }) => total + counts[of], 0);
  const account = accountOf(entries) ?? accountOfScope(scope) ?? null;
  const end = { account, error: error ?? null, calls: sum('calls'), throttles: sum('throttles') };
  if (error !== undefined) return end;
  assertAccount(scope, accountOf(entries));
  const file = `scopes/${scope.id}/shards.json`;
  const shards = await savedJson(step, night, file, z.array(plannedShardSchema));
  const planned = shards.map((shard) => ({ ...shard, scope: { region: scope.region } }));
  const [left] = unfinished(planned, entries);
  if (left === undefined) return end;
  throw new LineageError('partialExport', `${left.listing} of ${scope.region} was not crawled to its end.`, {
    hint: `Start the state machine with "resume": "${night.run}": it goes on where this one ended.`,
    details: { run: night.run, scope: scope.id, listing: left.listing },
  });
}

/** Calls of all scopes, for the report. */
export async function crawledCalls(
  step: Step,
  night: Night,
): Promise<{ sagemaker: number; throttles: number }> {
  const counts = { sagemaker: 0, throttles: 0 };
  for (const scope of (await findJson(step, night, SCOPES_FILE, z.array(runScopeSchema))) ?? []) {
    const end = await findJson(step, night, endFile(scope), endSchema);
    counts.sagemaker += end?.calls ?? 0;
    counts.throttles += end?.throttles ?? 0;
  }
  return counts;
}

export const SCOPES_FILE = 'scopes.json';

function endFile({ id }: Pick<RunScope, 'id'>): string {
  return `scopes/${id}/end.json`;
}

/** Of an earlier try, whose reply was lost: what has its manifest must not change. */
async function findManifest(step: Step, night: Night): Promise<Manifest | undefined> {
  const { s3, ...access } = accessOf(step.deployment, step.signal);
  const at = under(runFolder(step, night), MANIFEST_FILE);
  const text = await getText(s3, at, access);
  return text === undefined ? undefined : parseManifest(text, formatS3Uri(at));
}

async function mergeScopes(step: Step, night: Night): Promise<Manifest> {
  const { deployment, signal } = step;
  const { s3, ...access } = accessOf(deployment, signal);
  const scopes: CrawledScope[] = [];
  try {
    for (const scope of await savedJson(step, night, SCOPES_FILE, z.array(runScopeSchema)))
      scopes.push(await crawledScope(step, night, scope));
    if (!scopes.some(({ entries }) => entries !== undefined)) throw nothingCrawled(night, scopes);
    const folder = runFolder(step, night);
    const { manifest, report } = await mergeRun({
      settings: settingsOf(step, night),
      scopes,
      parts: objectFiles(workFolder(step, night), { s3, ...access }),
      files: objectFiles(folder, { s3, ...access }),
      concurrency: night.input.concurrency,
      clock: () => new Date(),
      signal,
    });
    await putText(s3, `${JSON.stringify(report, null, 2)}\n`, under(folder, REPORT_FILE), access);
    await putText(s3, `${JSON.stringify(manifest, null, 2)}\n`, under(folder, MANIFEST_FILE), access);
    return manifest;
  } finally {
    for (const { clients } of scopes) clients.destroy();
  }
}

async function crawledScope(step: Step, night: Night, scope: RunScope): Promise<CrawledScope> {
  const end = await findJson(step, night, endFile(scope), endSchema);
  const { clients } = reach(scope, night.input, step.deployment);
  const crawled = { scope, clients, account: end?.account ?? null };
  if (end === undefined) return { ...crawled, error: failed(`Scope ${scope.id} was not crawled.`) };
  if (end.error !== null) {
    const error = executionError(end.error);
    // What ends a process alone, as a function that was killed, keeps no other scope from being published.
    const isOwn = scopeVerdict({ error, isIdentified: end.account !== null }) !== undefined;
    return { ...crawled, error: isOwn ? error : failed(error.message) };
  }
  const entries = await readObjectJournal(
    scopeFolder(step, night, scope),
    accessOf(step.deployment, step.signal),
  );
  return { ...crawled, entries: withPartsIn(`scopes/${scope.id}`, entries) };
}

function failed(reason: string): LineageError {
  return new LineageError('partialExport', reason);
}

function nothingCrawled({ run }: Night, scopes: readonly CrawledScope[]): LineageError {
  const errors = scopes.map(({ error }) => error).filter((error) => error instanceof LineageError);
  const isDenied = errors.every(({ outcome }) => outcome === 'accessDenied');
  const [first] = errors;
  return new LineageError(
    isDenied ? 'accessDenied' : 'partialExport',
    `None of ${scopes.length} scopes could be crawled; the first: ${first?.message}`,
    {
      hint:
        first?.hint ?? `Start the state machine with "resume": "${run}": it goes on where this one ended.`,
      details: { run },
    },
  );
}
