import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, onTestFinished, test, vi } from 'vitest';
import { generateLineage } from '../../../src/sandbox/generator/generate-lineage.ts';
import { runAws, startedSandbox } from './python-clients.ts';

// Python takes a second or more to start, on cores that other tests want too.
vi.setConfig({ testTimeout: 180_000 });

const [PRODUCER, CONSUMER] = ['123456789012', '210987654321'];

test('the AWS CLI shares a lineage group, accepts it in the other account, and describes a context there', async () => {
  const sandbox = await startedSandbox({ records: generateLineage({ entities: 120, seed: 5 }) });
  const consumer = { environment: { ...sandbox.environment, ...(await roleOf(CONSUMER, sandbox)) } };
  const aws = async (as: typeof consumer | typeof sandbox, ...args: readonly string[]) =>
    JSON.parse((await runAws(as, ...args)).stdout);
  const { LineageGroupSummaries } = await aws(sandbox, 'sagemaker', 'list-lineage-groups');
  const group = LineageGroupSummaries[0].LineageGroupArn;
  const { ContextSummaries } = await aws(sandbox, 'sagemaker', 'list-contexts', '--context-type', 'Endpoint');
  const describe = ['sagemaker', 'describe-context', '--context-name', ContextSummaries[0].ContextArn];

  const created = await aws(
    sandbox,
    ...['ram', 'create-resource-share', '--name', 'lineage', '--resource-arns', group],
    ...['--principals', CONSUMER, '--allow-external-principals'],
  );
  const invited = await aws(consumer, 'ram', 'get-resource-share-invitations');
  await expect(runAws(consumer, ...describe)).rejects.toThrow('AccessDeniedException');
  const invitation = invited.resourceShareInvitations[0].resourceShareInvitationArn;
  const accepted = await aws(
    consumer,
    ...['ram', 'accept-resource-share-invitation', '--resource-share-invitation-arn', invitation],
  );
  const described = await aws(consumer, ...describe);
  const shares = await aws(consumer, 'ram', 'get-resource-shares', '--resource-owner', 'OTHER-ACCOUNTS');
  const resources = await aws(consumer, 'ram', 'list-resources', '--resource-owner', 'OTHER-ACCOUNTS');
  const principals = await aws(
    sandbox,
    ...['ram', 'get-resource-share-associations', '--association-type', 'PRINCIPAL'],
  );

  const arn = created.resourceShare.resourceShareArn;
  expect(created.resourceShare).toMatchObject({
    name: 'lineage',
    owningAccountId: PRODUCER,
    status: 'ACTIVE',
  });
  expect(accepted.resourceShareInvitation).toMatchObject({ resourceShareArn: arn, status: 'ACCEPTED' });
  expect(described.ContextArn).toBe(ContextSummaries[0].ContextArn);
  expect(shares.resourceShares).toMatchObject([{ resourceShareArn: arn, owningAccountId: PRODUCER }]);
  expect(resources.resources).toMatchObject([{ arn: group, type: 'sagemaker:LineageGroup' }]);
  expect(principals.resourceShareAssociations).toMatchObject([
    { associatedEntity: CONSUMER, status: 'ASSOCIATED', external: true },
  ]);
});

/** What the environment says where a role of an account was assumed. */
async function roleOf(
  account: string,
  { url, region, credentials }: Awaited<ReturnType<typeof startedSandbox>>,
) {
  const sts = new STSClient({ endpoint: url, region, credentials });
  onTestFinished(() => sts.destroy());
  const role = { RoleArn: `arn:aws:iam::${account}:role/Lineage`, RoleSessionName: 'consumer' };
  const { Credentials } = await sts.send(new AssumeRoleCommand(role));
  return {
    AWS_ACCESS_KEY_ID: Credentials?.AccessKeyId ?? '',
    AWS_SECRET_ACCESS_KEY: Credentials?.SecretAccessKey ?? '',
    AWS_SESSION_TOKEN: Credentials?.SessionToken ?? '',
  };
}
