import { artifactId } from '../../artifact-id.ts';
import { type Account, arnOf, DAY } from '../account.ts';
import { type Batch, link, openBatch, pass } from '../batch.ts';
import { addAction, addArtifact, addContext } from '../entities.ts';
import { share } from '../pool.ts';
import { type Project, pathIn } from '../project.ts';
import type { Random } from '../random.ts';
import type { Thing } from '../thing.ts';

/** The accounts that share their lineage with this one. */
const PARTNER_ACCOUNTS = ['111122223333', '444455556666', '777788889999'] as const;

type SharingOptions = {
  readonly random: Random;
  readonly startsAt: number;
  readonly project: Project | undefined;
};

/**
 * Data from another account, and models for another account. SageMaker links an artifact with its twin there (same id,
 * SameAs), in one direction or both; no listing of ours gives the other account's entities.
 */
export function shareAcrossAccounts(account: Account, { random, startsAt, project }: SharingOptions): Batch {
  const batch = openBatch(account, random, startsAt, { story: 'cross-account', project: 'sharing' });
  const drawn = random.pick([PARTNER_ACCOUNTS[0], PARTNER_ACCOUNTS[1]]);
  const partner = { ...account, id: drawn === account.id ? PARTNER_ACCOUNTS[2] : drawn };
  const twin = receiveData(batch, partner);
  sendData(batch, partner);
  pass(batch, DAY / 4);
  serveTheirModel(batch, partner, twin);
  if (project?.model !== undefined) serveThere(batch, partner, project.model);
  return batch;
}

/** A dataset that both accounts track. */
function receiveData(batch: Batch, partner: Account): Thing {
  const { account, random } = batch;
  const data = addArtifact(batch, {
    type: 'DataSet',
    uri: pathIn(batch, `s3://shared-exchange/${batch.account.newId()}`, 'export.parquet'),
  });
  const twin = foreign(partner, `artifact/${artifactId(data.uri)}`, batch.now);
  link(batch, twin, data, 'SameAs', { SourceType: 'DataSet' });
  if (random.chance(0.5)) link(batch, data, twin, 'SameAs', { DestinationType: 'DataSet' });
  share(account.datasets, data, random);
  return data;
}

/** A dataset of ours that the partner came to track too. Of some twins the listing gives no type. */
function sendData(batch: Batch, partner: Account): void {
  const data = addArtifact(batch, {
    type: 'DataSet',
    uri: pathIn(batch, `s3://shared-exchange/${batch.account.newId()}`, 'import.parquet'),
  });
  const twin = foreign(partner, `artifact/${artifactId(data.uri)}`, batch.now);
  link(batch, data, twin, 'SameAs', { DestinationType: batch.random.chance(0.5) ? 'DataSet' : null });
}

/** A model of the central registry's, on an endpoint of ours, tested with the shared data. */
function serveTheirModel(batch: Batch, partner: Account, data: Thing): void {
  const { account, random } = batch;
  const id = account.newId();
  const uri = arnOf(account, `endpoint/shared-${id}`);
  const model = foreign(
    partner,
    `artifact/${artifactId(`s3://registry-${partner.id}/${id}/model.tar.gz`)}`,
    batch.now,
  );
  const deployment = addAction(batch, {
    type: 'ModelDeployment',
    name: `shared-${id}-deploy`,
    uri,
    status: 'Completed',
  });
  const endpoint = addContext(batch, {
    type: 'Endpoint',
    name: `shared-${id}-aws-endpoint`,
    uri,
    sourceType: 'ARN',
  });
  link(batch, model, deployment, 'ContributedTo', { SourceType: 'Model' });
  link(batch, data, deployment, random.chance(0.5) ? undefined : 'ContributedTo');
  link(batch, deployment, endpoint, 'AssociatedWith');
}

/** A model of ours on an endpoint of theirs. */
function serveThere(batch: Batch, partner: Account, model: Thing): void {
  const id = batch.account.newId();
  const deployment = foreign(partner, `action/partner-${id}-deploy`, batch.now);
  link(batch, model, deployment, 'ContributedTo', {
    DestinationType: 'ModelDeployment',
    DestinationName: `partner-${id}-deploy`,
  });
}

function foreign(partner: Account, resource: string, createdAt: number): Thing {
  const arn = arnOf(partner, resource);
  return { arn, uri: arn, createdAt };
}
