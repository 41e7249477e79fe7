import type { Account } from '../account.ts';
import { type Batch, link, openBatch } from '../batch.ts';
import { addArtifact } from '../entities.ts';
import { addOutput, jobNameFrom, runJob } from '../jobs.ts';
import { type Project, pathIn } from '../project.ts';

/**
 * A job that cleans a table, and one that merges the clean rows back into the place where they came from: lineage with a
 * cycle in it, since an artifact is a place, not a version of what lies there. The project goes on to use both.
 */
export function runWriteBack(account: Account, project: Project): Batch {
  const { random, bucket } = project;
  const batch = openBatch(account, random, project.clock, { story: 'write-back', project: project.name });
  const dirty = addArtifact(batch, {
    type: 'DataSet',
    uri: pathIn(batch, `${bucket}/table/${account.newId()}`, 'current.parquet'),
  });
  const job = (step: string) => jobNameFrom(batch, `${step}-${project.name}`);

  const cleaning = runJob(batch, {
    kind: 'processing',
    name: job('clean'),
    image: project.image,
    channels: [['table', dirty]],
    succeeds: true,
  });
  const clean = addOutput(batch, cleaning, {
    channel: 'clean',
    type: 'DataSet',
    uri: `${bucket}/table/${account.newId()}/clean.parquet`,
  });
  link(batch, dirty, clean, 'DerivedFrom');
  const merging = runJob(batch, {
    kind: 'processing',
    name: job('merge'),
    image: project.image,
    channels: [['clean', clean]],
    succeeds: true,
  });
  link(batch, merging, dirty, 'Produced');
  project.sources = [clean, ...project.sources].slice(0, 5);
  return batch;
}
