import { z } from 'zod';
import { LineageError } from '../errors.ts';
import { TOOL } from '../graph/tool.ts';
import { formatS3Uri, type S3Location, under } from '../neptune/s3-uri.ts';
import { getText, putText } from '../neptune/upload.ts';
import type { RunSettings } from '../runs/journal.ts';
import { inputSchema, type NightInput, type NightName, type RunScope } from './contracts.ts';
import { accessOf } from './deployment.ts';
import type { Step } from './handler.ts';

const nightFileSchema = z.strictObject({ startedAt: z.iso.datetime(), input: inputSchema });

/** A run that an execution of the state machine makes. */
export type Night = NightName & {
  readonly startedAt: Date;
  readonly input: NightInput;
};

/** Where what a run needs only while it grows is kept: `<prefix>/work/<run>/`. */
export function workFolder({ deployment: { folder } }: Step, { run }: NightName): S3Location {
  return under(folder, `work/${run}/`);
}

/** Where the files of the run go: `<prefix>/runs/<run>/`. */
export function runFolder({ deployment: { folder } }: Step, { run }: NightName): S3Location {
  return under(folder, `runs/${run}/`);
}

export function scopeFolder(step: Step, night: NightName, { id }: Pick<RunScope, 'id'>): S3Location {
  return under(workFolder(step, night), `scopes/${id}/`);
}

const NIGHT_FILE = 'night.json';

export async function saveNight(step: Step, { startedAt, input, ...night }: Night): Promise<void> {
  const file = { startedAt: startedAt.toISOString(), input };
  await saveJson(step, night, NIGHT_FILE, file);
}

/** What the execution was started with. @throws LineageError (usage) where no execution began this run */
export async function openNight(step: Step, name: NightName): Promise<Night> {
  return nightOf(name, await savedJson(step, name, NIGHT_FILE, nightFileSchema));
}

/** The same; undefined where the execution did not come so far. */
export async function findNight(step: Step, name: NightName): Promise<Night | undefined> {
  const file = await findJson(step, name, NIGHT_FILE, nightFileSchema);
  return file === undefined ? undefined : nightOf(name, file);
}

function nightOf({ run, holder }: NightName, { startedAt, input }: z.infer<typeof nightFileSchema>): Night {
  return { run, holder, startedAt: new Date(startedAt), input };
}

/** Keeps what later steps need, under `work/<run>/`. */
export async function saveJson(step: Step, night: NightName, name: string, value: unknown): Promise<void> {
  const { s3, ...access } = accessOf(step.deployment, step.signal);
  await putText(s3, `${JSON.stringify(value, null, 2)}\n`, under(workFolder(step, night), name), access);
}

/** What an earlier step kept; undefined where it did not. */
export async function findJson<T>(
  step: Step,
  night: NightName,
  name: string,
  schema: z.ZodType<T>,
): Promise<T | undefined> {
  const { s3, ...access } = accessOf(step.deployment, step.signal);
  const text = await getText(s3, under(workFolder(step, night), name), access);
  return text === undefined ? undefined : schema.parse(JSON.parse(text));
}

export async function savedJson<T>(
  step: Step,
  night: NightName,
  name: string,
  schema: z.ZodType<T>,
): Promise<T> {
  const found = await findJson(step, night, name, schema);
  if (found !== undefined) return found;
  const uri = formatS3Uri(under(workFolder(step, night), name));
  throw new LineageError('usage', `${uri} is not there: an earlier step has not been run.`, {
    hint: 'Start the state machine, which runs its steps in their order.',
    details: { uri, run: night.run },
  });
}

/** What the functions of a night crawl by. */
export function settingsOf({ deployment: { region } }: Step, { run, startedAt, input }: Night): RunSettings {
  const { detail, tags, promote } = input;
  return {
    journal: 1,
    run,
    tool: TOOL,
    startedAt: startedAt.toISOString(),
    region,
    gzip: false,
    associations: 'sweep',
    subset: null,
    ...{ detail, tags, promote: [...promote] },
  };
}
