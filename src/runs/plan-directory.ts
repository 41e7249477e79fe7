import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LineageError } from '../errors.ts';
import { CORRECTIONS_FILE, LOAD_FOLDER, PLAN_FILE, type Plan, REMOVE_FILE } from '../snapshot/plan.ts';
import { fileSystemError } from './run-directory.ts';

/** A plan as it was written. */
export type WrittenPlan = {
  readonly plan: Plan;
  /** Of `plan.json`. */
  readonly path: string;
};

/**
 * Makes the directory of a plan: its files are written beside it, `plan.json` last, and then take the place of an older plan.
 *
 * @param fill writes the other files to the directory that it is given, and says what the plan is
 * @throws LineageError (usage) where something else than a plan is there, or nothing can be written
 */
export async function inPlanDirectory(
  path: string,
  fill: (directory: string) => Promise<Plan>,
): Promise<WrittenPlan> {
  const work = `${path}.new`;
  let isMade = false;
  try {
    for (const one of [path, work]) await assertPlanOrNothing(one);
    await rm(work, { recursive: true, force: true });
    await mkdir(work, { recursive: true });
    isMade = true;
    const plan = await fill(work);
    await writeFile(join(work, PLAN_FILE), `${JSON.stringify(plan, null, 2)}\n`, { flush: true });
    await rm(path, { recursive: true, force: true });
    await rename(work, path);
    return { plan, path: join(path, PLAN_FILE) };
  } catch (error) {
    if (isMade) await rm(work, { recursive: true, force: true });
    throw fileSystemError(error, path);
  }
}

/** What a plan may consist of. Whatever holds anything else is not taken away. */
const ENTRIES: ReadonlySet<string> = new Set([PLAN_FILE, LOAD_FOLDER, REMOVE_FILE, CORRECTIONS_FILE]);

async function assertPlanOrNothing(path: string): Promise<void> {
  if (await isPlanOrNothing(path)) return;
  throw new LineageError('usage', `${path} is there already, and is no plan.`, {
    hint: 'Pass a directory of its own as --out.',
    details: { path },
  });
}

async function isPlanOrNothing(path: string): Promise<boolean> {
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  return names?.every((name) => ENTRIES.has(name)) ?? false;
}
