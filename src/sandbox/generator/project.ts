import type { MetadataProperties } from '@aws-sdk/client-sagemaker';
import { type Account, arnOf, DAY, defaultBucket, HOUR } from './account.ts';
import type { Batch } from './batch.ts';
import { drawFrom } from './pool.ts';
import type { Random } from './random.ts';
import { AWKWARD_PATHS, AWKWARD_TEXTS, MARKETS, USE_CASES } from './texts.ts';
import type { Thing } from './thing.ts';

/** An endpoint in service: its SageMaker name and its context. */
type Endpoint = { readonly name: string; readonly context: Thing };

/** A registered version of the project's model, with what went into it. */
export type Release = {
  readonly version: number;
  readonly artifact: Thing;
  readonly model: Thing;
  readonly image: Thing;
  readonly approval: Thing | undefined;
};

/** One team's ML project over its life. What the next run needs of the ones before; nothing grows with their number. */
export type Project = {
  readonly name: string;
  /** Work goes through SageMaker Pipelines (jobs named by execution and step), or through people's scripts. */
  readonly style: 'pipeline' | 'script';
  /** Where the project's own files live. */
  readonly bucket: string;
  readonly projectId: string;
  readonly repository: string;
  readonly random: Random;
  /** The image that it trains and serves with, most of the time. */
  image: Thing;
  /** Preprocessing code, as uploaded last. */
  code: Thing | undefined;
  /** Raw data, mostly from the pool. */
  sources: Thing[];
  experiment: Thing | undefined;
  /** The trial of the run before: a component may be put in both. */
  trial: Thing | undefined;
  group: Thing | undefined;
  version: number;
  /** The data that the last run trained on, the model it made, the release that serves. */
  training: Thing | undefined;
  model: Thing | undefined;
  release: Release | undefined;
  readonly endpoints: Map<string, Endpoint>;
  /** The start of the next run, epoch milliseconds. */
  clock: number;
};

/** Room at the end of the account's time for the last run, its approval and its deployment. */
const LAST_RUN_TAKES = 12 * DAY;

type ProjectOptions = {
  readonly serial: number;
  readonly random: Random;
  readonly startsAt: number;
  readonly style: Project['style'];
};

/** A project before its first run. */
export function openProject(account: Account, { serial, random, startsAt, style }: ProjectOptions): Project {
  const name = `${random.pick(USE_CASES)}-${random.pick(MARKETS)}-${serial}`;
  const [image] = drawFrom(account.images, { random, count: 1, at: startsAt });
  return {
    name,
    style,
    bucket: random.chance(0.6) ? `${defaultBucket(account)}/${name}` : `s3://ml-${name}-${account.id}`,
    projectId: `p-${account.newId()}`,
    repository: `https://git-codecommit.${account.region}.amazonaws.com/v1/repos/${name}`,
    random,
    image: image ?? firstOf(account.images.things),
    code: undefined,
    sources: drawFrom(account.datasets, { random, count: random.between(2, 4), at: startsAt }),
    experiment: undefined,
    trial: undefined,
    group: undefined,
    version: 0,
    training: undefined,
    model: undefined,
    release: undefined,
    endpoints: new Map(),
    clock: startsAt,
  };
}

/** When a project may begin: an hour of some night, as schedulers do, so that nights of several projects collide. */
export function startOfProject(account: Account, random: Random): number {
  const days = Math.floor((account.endsAt - account.startsAt) / DAY);
  return nightOf(account.startsAt + (30 + random.below(Math.floor(days * 0.8))) * DAY, random);
}

/** Moves the project's clock to its next run, close enough that the runs still to come fit into the account's time. */
export function moveOn(account: Account, project: Project, runsToCome: number): void {
  const { random } = project;
  const left = account.endsAt - LAST_RUN_TAKES - project.clock;
  const spacing = Math.max(
    HOUR / 2,
    Math.min(random.pick([DAY, 7 * DAY, 30 * DAY]), left / (runsToCome + 2)),
  );
  // Nothing starts before the data and the model that it may use are there.
  const next = Math.max(
    project.clock + spacing * (0.5 + random.below(1000) / 1000),
    project.training?.createdAt ?? 0,
    project.model?.createdAt ?? 0,
  );
  project.clock = Math.min(
    spacing < DAY ? Math.floor(next) : nightOf(next, random),
    account.endsAt - LAST_RUN_TAKES,
  );
}

/** What the build system notes on the entities of a run. */
export function metadataOf(account: Account, project: Project, execution: string): MetadataProperties {
  const { random } = project;
  const commit = Array.from({ length: 5 }, () => random.bits().toString(16).padStart(8, '0')).join('');
  return {
    ProjectId: project.projectId,
    GeneratedBy: pipelineExecutionArn(account, project, execution),
    Repository: project.repository,
    CommitId: commit,
  };
}

export function pipelineExecutionArn(account: Account, { name }: Project, execution: string): string {
  return arnOf(account, `pipeline/${name}/execution/${execution}`);
}

/** A path in a folder that is the caller's alone, now and then one that only a person could have typed. */
export function pathIn({ account, random }: Batch, folder: string, file: string): string {
  return `${folder}/${random.chance(0.1) ? account.deal('uri', AWKWARD_PATHS) : file}`;
}

/** A display name as people set it: for few entities, and not always a tame one. */
export function displayName({ account, random }: Batch, tame: string): string | undefined {
  if (!random.chance(0.25)) return undefined;
  return random.chance(0.4) ? account.deal('display name', AWKWARD_TEXTS) : tame;
}

/** The start of work in the next night: one of a few hours, the same for everyone. */
function nightOf(milliseconds: number, random: Random): number {
  return Math.ceil(milliseconds / DAY) * DAY + random.pick([1, 2, 2, 2, 3, 4]) * HOUR;
}

function firstOf(things: readonly Thing[]): Thing {
  const [first] = things;
  if (first === undefined) throw new Error('A project needs an image: the account was not founded.');
  return first;
}
