import { type Account, arnOf, DAY, defaultBucket } from '../account.ts';
import { type Batch, link, openBatch, pass } from '../batch.ts';
import { addArtifact, addContext } from '../entities.ts';
import { addOutput, jobNameFrom, runJob } from '../jobs.ts';
import { drawFrom, share } from '../pool.ts';
import type { Random } from '../random.ts';
import { SHARED_DATASETS } from '../texts.ts';
import type { Thing } from '../thing.ts';

type FeaturePipelineOptions = {
  readonly random: Random;
  readonly startsAt: number;
  /** How many snapshots, each made from the one before: the depth of the data's lineage. */
  readonly snapshots: number;
};

/**
 * The platform's feature engineering: a pipeline with its version and feature group as contexts, and a table of
 * features whose every snapshot is yesterday's plus a day. Snapshots make the longest chains of an account.
 */
export function runFeaturePipeline(account: Account, options: FeaturePipelineOptions): Batch {
  const { random, startsAt, snapshots } = options;
  const batch = openBatch(account, random, startsAt, { story: 'feature-pipeline', project: 'feature-store' });
  const topic = random.pick(SHARED_DATASETS).replaceAll('/', '-');
  const name = `features-${topic}-${account.newId().slice(0, 7)}`;
  const folder = `${defaultBucket(account)}-features/${name}`;
  const version = describePipeline(batch, name);
  const [image] = drawFrom(account.images, { random, count: 1, at: startsAt });

  let snapshot = firstSnapshot(batch, folder);
  link(batch, snapshot, version, 'ContributedTo');
  for (let day = 1; day <= snapshots; day += 1) {
    pass(batch, DAY / 2);
    const component = runJob(batch, {
      kind: 'processing',
      name: jobNameFrom(batch, name),
      image,
      channels: [['yesterday', snapshot]],
      succeeds: true,
    });
    const next = addOutput(batch, component, {
      channel: 'today',
      type: 'DataSet',
      uri: `${folder}/snapshot=${String(day).padStart(4, '0')}`,
    });
    // By the job alone, a hop takes two associations; where the derivation is noted too, one.
    link(batch, snapshot, next, 'DerivedFrom');
    snapshot = next;
  }
  // Everyone reads the latest snapshot, so that projects stand at the end of the chain.
  share(account.datasets, snapshot, random);
  return batch;
}

function describePipeline(batch: Batch, name: string): Thing {
  const { account } = batch;
  const pipelineArn = arnOf(account, `pipeline/${name}`);
  const pipeline = addContext(batch, {
    type: 'FeatureEngineeringPipeline',
    name: `sm-fs-fe-${name}`,
    uri: pipelineArn,
    properties: { PipelineName: name },
  });
  const version = addContext(batch, {
    type: 'FeatureEngineeringPipelineVersion',
    // Context names, unlike all others, may hold underscores.
    name: `sm_fs_fe_ver_${name}`,
    uri: `${pipelineArn}:${Math.floor(batch.now / 1000)}`,
  });
  const group = addContext(batch, {
    type: 'FeatureGroupPipelineVersion',
    name: `sm_fs_fg_${name}`,
    uri: arnOf(account, `feature-group/${name}`),
  });
  link(batch, pipeline, version, 'AssociatedWith');
  link(batch, version, group, 'ContributedTo');
  return version;
}

function firstSnapshot(batch: Batch, folder: string): Thing {
  return addArtifact(batch, { type: 'DataSet', uri: `${folder}/snapshot=0000` });
}
