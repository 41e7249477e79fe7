import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { LineageError } from '../errors.ts';
import { type Plan, parsePlan, REMOVE_FILE } from '../snapshot/plan.ts';

/** A plan, as a sync does it. */
export type PlannedSync = {
  readonly plan: Plan;
  /** The elements to remove, as {@link plannedKey} writes them. */
  readonly removals: ReadonlySet<string>;
};

const lineSchema = z.object({ element: z.enum(['vertex', 'edge']), id: z.string() });

/**
 * Reads a plan, and the ids beside it.
 *
 * @param file `plan.json`, as `smlineage plan` wrote it
 * @throws LineageError (usage) where there is none; (validationFailed) where a file beside it is not what the plan says
 */
export async function readPlanned(file: string): Promise<PlannedSync> {
  const plan = parsePlan((await read(file)).toString(), file);
  const listed = plan.files.find(({ path }) => path === REMOVE_FILE);
  if (listed === undefined) return { plan, removals: new Set() };
  const path = join(dirname(file), REMOVE_FILE);
  const bytes = await read(path);
  if (createHash('sha256').update(bytes).digest('hex') !== listed.sha256) {
    throw new LineageError('validationFailed', `${path} is not what ${file} says.`, {
      hint: 'Make the plan again.',
      details: { path, expected: listed.sha256 },
    });
  }
  const lines = bytes
    .toString()
    .split('\n')
    .filter((line) => line !== '');
  return { plan, removals: new Set(lines.map((line) => plannedKey(lineSchema.parse(JSON.parse(line))))) };
}

/** Vertices share their ids, edges theirs. */
export function plannedKey({ element, id }: z.infer<typeof lineSchema>): string {
  return `${element} ${id}`;
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new LineageError('usage', `There is no plan at ${path}.`, {
      cause,
      hint: 'Pass the plan.json that `smlineage plan` wrote, with the files beside it.',
    });
  }
}
