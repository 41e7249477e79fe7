import { z } from 'zod';
import { parseS3Uri } from '../neptune/s3-uri.ts';
import type { Delta } from '../runs/delta.ts';
import { objectFiles } from '../runs/object-files.ts';
import type { RunFiles } from '../runs/run-files.ts';
import { type HeldState, heldStateSchema } from '../runs/state.ts';
import { ROW_KINDS } from '../snapshot/diff.ts';
import type { NightName } from './contracts.ts';
import { accessOf } from './deployment.ts';
import type { Step } from './handler.ts';
import { savedJson, saveJson } from './night.ts';

const count = z.int().nonnegative();
const rowKind = z.enum(ROW_KINDS);

const deltaSchema: z.ZodType<Delta> = z.object({
  files: z.array(
    z.object({ path: z.string(), target: z.string(), rows: count, bytes: count, sha256: z.string() }),
  ),
  rows: z.partialRecord(rowKind, count),
  kept: z.array(z.object({ of: rowKind, creationMs: z.number(), id: z.string(), hash: z.string() })),
  replaced: z.object({ vertices: z.array(z.string()), edges: z.array(z.string()) }),
});

const fileSchema = z.strictObject({
  delta: deltaSchema,
  /** Where its files are. */
  place: z.string(),
  /** While the graph is written to. */
  state: heldStateSchema,
});

/** What a step loaded, for those that come after it. */
export type SavedLoad = {
  readonly delta: Delta;
  readonly deltaFiles: RunFiles;
  readonly state: HeldState;
};

const LOAD_FILE = 'load.json';

export async function saveLoad(
  step: Step,
  night: NightName,
  load: Pick<SavedLoad, 'delta' | 'state'> & { readonly place: string },
): Promise<void> {
  await saveJson(step, night, LOAD_FILE, load);
}

export async function openLoad(step: Step, night: NightName): Promise<SavedLoad> {
  const { delta, place, state } = await savedJson(step, night, LOAD_FILE, fileSchema);
  return { delta, state, deltaFiles: objectFiles(parseS3Uri(place), accessOf(step.deployment, step.signal)) };
}
