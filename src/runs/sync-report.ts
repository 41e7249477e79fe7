import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { EXIT_CODES } from '../errors.ts';
import { ALL_KINDS } from '../graph/kinds.ts';
import { refusalSchema } from '../snapshot/plan.ts';

const count = z.int().nonnegative();
const text = z.string();
const moment = z.iso.datetime();

const rowsOf = z.enum([...ALL_KINDS, 'edge']);

const changes = z.strictObject({
  before: count.describe('What the graph may hold of it, as the state says.'),
  after: count.describe('Rows of the run.'),
  added: count,
  updated: count,
  removed: count.describe('Held by the graph, and not in the run.'),
  relabelled: count.describe('Of those updated: they were of another kind before.'),
});

const reportSchema = z.strictObject({
  format: z.literal(1).describe('Rises when a reader of the old form could misread the new one.'),
  tool: text.describe('Package and version.'),
  outcome: z
    .enum(['synced', 'unchanged', 'partial', 'refused', 'planned', 'failed'])
    .describe(
      'synced: the graph is equal to the run. unchanged: it was before. partial: equal, but scopes are missing from the run. refused: equal, but for removals that a guard refused. planned: a dry run. failed: see `error`.',
    ),
  exitCode: z.int().describe('What the command exits with.'),
  startedAt: moment,
  finishedAt: moment,
  run: text.nullable().describe('Null where no run was finished.'),
  directory: text.nullable().describe('The run on the machine that synced.'),
  scopes: z
    .array(
      z.strictObject({
        account: text.nullable(),
        region: text,
        verdict: z.enum(['complete', 'denied', 'failed', 'unsupported']).exactOptional(),
        reason: text.exactOptional(),
      }),
    )
    .describe(
      'Of the run; a verdict where there are several. What is not complete is neither loaded nor removed.',
    ),
  state: z
    .strictObject({
      uri: text,
      run: text.nullable().describe('The run that the graph was verified to hold before this sync.'),
      verifiedAt: moment.nullable().describe('When that was last known.'),
      attempts: z.array(text).describe('Runs of earlier syncs that began to write and were not verified.'),
    })
    .nullable(),
  full: z.boolean().describe('Whether all rows were compared with the graph itself.'),
  changes: z.record(rowsOf, changes).nullable(),
  loaded: z
    .strictObject({
      rows: z.partialRecord(rowsOf, count),
      bytes: count.describe('Of the files that were loaded, as they lie in S3.'),
      loadIds: z.array(text),
      records: count.describe('As the loader counts.'),
    })
    .nullable()
    .describe('Null where no load job was started.'),
  replaced: count.describe('Elements that were made anew, since their label or their ends changed.'),
  corrected: count.describe('Elements from which values were taken that a load leaves.'),
  verified: z
    .strictObject({
      rows: count.describe('Rows that were compared whole with the graph.'),
      ids: count.describe('Ids of the run that are in the graph.'),
    })
    .nullable(),
  removed: z.partialRecord(rowsOf, count),
  tombstoned: z.partialRecord(rowsOf, count),
  kept: z
    .array(z.strictObject({ id: text, edges: count }))
    .describe(
      'The first vertices that were not removed, since edges are at them that this deployment did not write.',
    ),
  lost: count.describe(
    'Where scopes are missing from the run: elements that it does not speak for, that the graph held and holds no more. They are loaded when their scope is back.',
  ),
  residue: count.describe('Elements in the graph that SageMaker no longer has, after this sync.'),
  refusals: z.array(refusalSchema).describe('Why nothing was removed.'),
  audit: text.nullable().describe('Where what was removed is written down.'),
  calls: z.strictObject({ sagemaker: count, throttles: count }),
  seconds: z.record(text, z.number()).describe('By step.'),
  error: z
    .strictObject({
      outcome: z.enum(Object.keys(EXIT_CODES) as [keyof typeof EXIT_CODES]),
      message: text,
      hint: text.exactOptional(),
      details: z.record(text, z.unknown()),
    })
    .nullable(),
});

/** What a sync did, written whether it succeeded or not. */
export type SyncReport = z.infer<typeof reportSchema>;

/** The JSON Schema of a sync's report, as docs/schema publishes it. */
export function syncReportJsonSchema(): unknown {
  return z.toJSONSchema(reportSchema, { target: 'draft-2020-12' });
}

export const SYNC_REPORT_FILE = 'sync-report.json';

/** Writes the report aside and gives it its name. */
export async function writeSyncReport(path: string, report: SyncReport): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.partial`, syncReportText(report));
  await rename(`${path}.partial`, path);
}

export function syncReportText(report: SyncReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
