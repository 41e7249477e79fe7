import type { Account } from '../account.ts';
import { type Batch, enroll, link, openBatch } from '../batch.ts';
import { addArtifact } from '../entities.ts';
import { addOutput, jobNameFrom, runJob, succeeded } from '../jobs.ts';
import { drawFrom, share } from '../pool.ts';
import { displayName, type Project, pathIn } from '../project.ts';
import type { Thing } from '../thing.ts';

/**
 * Batch transforms with the project's latest model. Predictions are data too: some are offered to everyone, and other
 * projects train on them, which is how one project's mistake reaches another's endpoint.
 */
export function runBatchTransform(account: Account, project: Project, model: Thing): Batch {
  const { random } = project;
  const batch = openBatch(account, random, project.clock, {
    story: 'batch-transform',
    project: project.name,
  });
  // One input per market, say.
  for (let round = random.between(1, 4); round > 0; round -= 1) transform(batch, project, model);
  return batch;
}

function transform(batch: Batch, project: Project, model: Thing): void {
  const { account, random } = batch;
  const input = inputOf(batch, project);
  const name = jobNameFrom(batch, `${project.name}-scoring`);
  const component = runJob(batch, {
    kind: 'transform',
    name,
    image: random.chance(0.5) ? project.image : undefined,
    channels: [
      ['SageMaker.ModelName', model],
      ['SageMaker.TransformInput', input],
    ],
    displayName: displayName(batch, 'Score'),
  });
  if (project.trial !== undefined && random.chance(0.3)) enroll(batch, project.trial, component);
  if (!succeeded(component)) return;
  const predictions = addOutput(batch, component, {
    channel: 'SageMaker.TransformOutput',
    type: 'DataSet',
    uri: `${project.bucket}/predictions/${name}/`,
  });
  if (random.chance(0.5)) link(batch, input, predictions, 'DerivedFrom');
  if (random.chance(0.3)) share(account.datasets, predictions, random);
}

function inputOf(batch: Batch, { bucket }: Project): Thing {
  const { account, random, now } = batch;
  const [shared] = random.chance(0.7) ? drawFrom(account.datasets, { random, count: 1, at: now }) : [];
  return (
    shared ??
    addArtifact(batch, {
      type: 'DataSet',
      uri: pathIn(batch, `${bucket}/to-score/${account.newId()}`, 'batch.jsonl'),
    })
  );
}
