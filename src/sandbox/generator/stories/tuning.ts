import type { Account } from '../account.ts';
import { type Batch, enroll, openBatch, pass } from '../batch.ts';
import { addExperiment, addTrial } from '../entities.ts';
import { addOutput, type Channel, runJob, succeeded } from '../jobs.ts';
import { drawFrom } from '../pool.ts';
import { metadataOf, type Project } from '../project.ts';
import type { Thing } from '../thing.ts';
import { releaseModel } from './release.ts';

/**
 * A hyperparameter tuning job: many training jobs over the same data, started a few at a time in the same instant; the
 * best model may be released. Components of tuning jobs stand in no trial unless someone files them.
 */
export function runTuning(account: Account, project: Project, jobs: number): Batch {
  const { random } = project;
  const tuning = `${project.name.slice(0, 12).replace(/-+$/, '')}-${account.newId().slice(0, 10)}`;
  const batch = openBatch(account, random, project.clock, {
    story: 'tuning',
    project: project.name,
    ...(random.chance(0.5) && { metadata: metadataOf(account, project, account.newId()) }),
  });
  const trial = random.chance(0.3) ? fileTuning(batch, project, tuning) : undefined;
  const channels = sharedChannels(batch, project);
  const parallel = random.pick([2, 5, 10, 20]);

  let best: Thing | undefined;
  for (let serial = 1; serial <= jobs; serial += 1) {
    const started = batch.now;
    const name = `${tuning}-${String(serial).padStart(3, '0')}-${account.newId().slice(0, 8)}`;
    const component = runJob(batch, {
      kind: 'training',
      name,
      image: project.image,
      channels,
    });
    if (trial !== undefined) enroll(batch, trial, component);
    if (succeeded(component)) {
      const uri = `${project.bucket}/${tuning}/${name}/output/model.tar.gz`;
      const model = addOutput(batch, component, { channel: 'SageMaker.ModelArtifact', type: 'Model', uri });
      if (best === undefined || random.chance(1 / serial)) best = model;
    }
    // Jobs of one round start together; the next round waits for the slowest.
    if (serial % parallel !== 0) batch.now = started;
    else pass(batch, 60_000);
  }
  pass(batch, 60_000);
  if (best !== undefined) {
    batch.now = Math.max(batch.now, best.createdAt);
    project.model = best;
    releaseModel(batch, project, { model: best, report: undefined, everywhere: false });
  }
  return batch;
}

function fileTuning(batch: Batch, project: Project, tuning: string): Thing {
  project.experiment ??= addExperiment(batch, { name: project.name });
  return addTrial(batch, { name: `${tuning}-tuning`, experiment: project.experiment });
}

function sharedChannels({ account, random, now }: Batch, project: Project): Channel[] {
  const own = project.training;
  const known = own === undefined ? [] : [own];
  const data = [
    ...known,
    ...drawFrom(account.datasets, { random, count: 2 - known.length, at: now, except: known }),
  ];
  return data.map((thing, index) => [index === 0 ? 'train' : `channel-${index}`, thing]);
}
