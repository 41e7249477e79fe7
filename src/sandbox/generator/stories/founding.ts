import { type Account, defaultBucket, dnsSuffix } from '../account.ts';
import { type Batch, openBatch, pass } from '../batch.ts';
import { addArtifact } from '../entities.ts';
import { share } from '../pool.ts';
import type { Random } from '../random.ts';
import { FRAMEWORK_IMAGES, MARKETS, SHARED_DATASETS } from '../texts.ts';

/** What everyone builds on, from the account's first days: the data platform's datasets and AWS's framework images. */
export function found(account: Account, random: Random): Batch {
  const batch = openBatch(account, random, account.startsAt, { story: 'founding', project: 'data-platform' });
  const images = Math.min(FRAMEWORK_IMAGES.length, 1 + Math.floor(account.entities / 60));
  const datasets = Math.min(250, 2 + Math.floor(Math.sqrt(account.entities) / 4));

  for (const [registry, image] of FRAMEWORK_IMAGES.slice(0, images)) {
    const uri = `${registry}.dkr.ecr.${account.region}.${dnsSuffix(account)}/${image}`;
    share(account.images, addArtifact(batch, { type: 'Image', uri }), random);
  }
  for (let serial = 0; serial < datasets; serial += 1) {
    const topic = SHARED_DATASETS[serial % SHARED_DATASETS.length] ?? SHARED_DATASETS[0];
    const round = Math.floor(serial / SHARED_DATASETS.length);
    const market = round === 0 ? 'all' : `${MARKETS[round % MARKETS.length] ?? MARKETS[0]}-${round}`;
    const dataset = addArtifact(batch, {
      type: 'DataSet',
      uri: `${defaultBucket(account)}-lake/${topic}/${market}`,
      // The platform team names what it offers; SageMaker names nothing.
      ...(serial % 3 === 0 && {
        name: `${topic.replaceAll('/', '-')}-${market}`,
        properties: { owner: 'data-platform', classification: 'internal' },
      }),
    });
    share(account.datasets, dataset, random);
    // Registered by a script, several within one millisecond.
    if (serial % 4 === 3) pass(batch, 2_000);
  }
  return batch;
}
