import { type Account, DAY, type GeneratorOptions, openAccount } from './account.ts';
import type { Batch } from './batch.ts';
import { moveOn, openProject, type Project, startOfProject } from './project.ts';
import { createRandom, type Random } from './random.ts';
import { runBatchTransform } from './stories/batch-transform.ts';
import { shareAcrossAccounts } from './stories/cross-account.ts';
import { runFeaturePipeline } from './stories/feature-pipeline.ts';
import { found } from './stories/founding.ts';
import { trackByHand } from './stories/notebook.ts';
import { runTrainingPipeline } from './stories/training-pipeline.ts';
import { runTuning } from './stories/tuning.ts';
import { runWriteBack } from './stories/write-back.ts';

/** The whole account, batch by batch, with exactly as many entities as asked for. */
export function* tellAccount(options: GeneratorOptions): Generator<Batch> {
  const account = openAccount(options);
  let room = account.entities;
  if (room === 0) return;
  for (const batch of history(account)) {
    const told = caughtMidway(batch, room);
    room -= told.entities.length;
    yield told;
    if (room === 0) return;
  }
}

/** All that ever happens in the account, without end. */
function* history(account: Account): Generator<Batch> {
  const random = createRandom('history', account.seed);
  yield found(account, random);
  yield* showcase(account, random);
  for (let serial = 2; ; serial += 1) {
    const project = yield* tellProject(account, {
      serial,
      random: createRandom('project', account.seed, serial),
      startsAt: startOfProject(account, random),
      style: random.chance(0.6) ? 'pipeline' : 'script',
      size: projectSize(account, random),
      agenda: [],
    });
    const later = { random, startsAt: project.clock };
    if (random.chance(0.4)) yield trackByHand(account, later);
    if (random.chance(0.5)) yield shareAcrossAccounts(account, { ...later, project });
    if (random.chance(0.25)) {
      const startsAt = startOfProject(account, random);
      yield runFeaturePipeline(account, { random, startsAt, snapshots: snapshots(account, random) });
    }
  }
}

/** Each story once, so that an account of some hundred entities has seen them all; a run without any failure first. */
function* showcase(account: Account, random: Random): Generator<Batch> {
  const startsAt = account.startsAt + 40 * DAY;
  const longest = account.entities < 400 ? 4 : account.entities < 10_000 ? 14 : 48;
  yield runFeaturePipeline(account, { random, startsAt, snapshots: longest });
  const flagship = yield* tellProject(account, {
    serial: 1,
    random: createRandom('project', account.seed, 1),
    startsAt: startsAt + 60 * DAY,
    style: 'pipeline',
    size: Math.max(60, Math.min(2000, account.entities / 10)),
    agenda: ['flawless', 'transform', 'write-back', 'flawless', 'tuning'],
  });
  yield trackByHand(account, { random, startsAt: flagship.clock });
  yield shareAcrossAccounts(account, { random, startsAt: flagship.clock, project: flagship });
}

type Activity = 'flawless' | 'training' | 'transform' | 'write-back' | 'tuning';

type ProjectSpec = {
  readonly serial: number;
  readonly random: Random;
  readonly startsAt: number;
  readonly style: Project['style'];
  /** Entities, roughly. */
  readonly size: number;
  /** What it does first; after that, what comes. */
  readonly agenda: readonly Activity[];
};

function* tellProject(account: Account, { size, agenda, ...spec }: ProjectSpec): Generator<Batch, Project> {
  const project = openProject(account, spec);
  let told = 0;
  for (let step = 0; told < size; step += 1) {
    const batch = act(account, project, agenda[step] ?? nextActivity(project.random));
    told += batch.entities.length;
    yield batch;
    moveOn(account, project, (size - told) / ENTITIES_PER_STEP);
  }
  return project;
}

const ENTITIES_PER_STEP = 15;

function act(account: Account, project: Project, activity: Activity): Batch {
  if (activity === 'flawless') return runTrainingPipeline(account, project, { flawless: true });
  if (activity === 'transform' && project.model !== undefined) {
    return runBatchTransform(account, project, project.model);
  }
  if (activity === 'tuning') return runTuning(account, project, tuningJobs(account, project.random));
  if (activity === 'write-back') return runWriteBack(account, project);
  return runTrainingPipeline(account, project);
}

function nextActivity(random: Random): Activity {
  const draw = random.below(100);
  if (draw < 68) return 'training';
  if (draw < 91) return 'transform';
  return draw < 98 ? 'tuning' : 'write-back';
}

/** Many small projects and few large ones. */
function projectSize({ entities }: Account, random: Random): number {
  const largest = Math.max(60, Math.min(20_000, entities / 8));
  return Math.min(largest, Math.floor((40 * 1000) / (1 + random.below(1000))));
}

/** Most tuning jobs try a dozen settings, some try hundreds. */
function tuningJobs({ entities }: Account, random: Random): number {
  const most = Math.max(4, Math.min(500, Math.floor(entities / 12)));
  return 4 + random.rank(most);
}

function snapshots({ entities }: Account, random: Random): number {
  return random.between(3, entities < 10_000 ? 14 : 48);
}

/** The first `room` entities of a batch, and what lies between them: the account as a crawl catches it. */
function caughtMidway(batch: Batch, room: number): Batch {
  if (batch.entities.length <= room) return batch;
  const entities = batch.entities.slice(0, room);
  const missing = new Set<string>();
  for (const entity of batch.entities.slice(room)) {
    if (entity.kind === 'artifact') missing.add(entity.ArtifactArn);
    else if (entity.kind === 'action') missing.add(entity.ActionArn);
    else if (entity.kind === 'context') missing.add(entity.ContextArn);
    else if (entity.kind === 'experiment') missing.add(entity.ExperimentArn);
    else if (entity.kind === 'trial') missing.add(entity.TrialName);
    else missing.add(entity.TrialComponentArn).add(entity.TrialComponentName);
  }
  return {
    ...batch,
    entities,
    associations: batch.associations.filter(
      ({ SourceArn, DestinationArn }) => !missing.has(SourceArn) && !missing.has(DestinationArn),
    ),
    memberships: batch.memberships.filter(
      ({ TrialName, TrialComponentName }) => !missing.has(TrialName) && !missing.has(TrialComponentName),
    ),
  };
}
