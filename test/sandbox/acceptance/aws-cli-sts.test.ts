import { expect, test, vi } from 'vitest';
import { runAws, startedSandbox } from './python-clients.ts';

// Python takes a second or more to start, on cores that other tests want too.
vi.setConfig({ testTimeout: 180_000 });

test('the AWS CLI reads who a caller is, the credentials of a role, and the cluster', async () => {
  // In us-east-1 the AWS CLI takes its own endpoint for Neptune, whatever the environment says.
  const sandbox = await startedSandbox({ region: 'eu-west-1' });

  const identity = await runAws(sandbox, 'sts', 'get-caller-identity');
  const role = await runAws(
    sandbox,
    ...['sts', 'assume-role', '--role-session-name', 'nightly', '--duration-seconds', '900'],
    ...['--role-arn', 'arn:aws:iam::210987654321:role/Lineage'],
  );
  const clusters = await runAws(
    sandbox,
    ...['neptune', 'describe-db-clusters', '--filters', 'Name=engine,Values=neptune'],
  );

  expect(JSON.parse(identity.stdout)).toEqual({
    ...{ UserId: 'AIDAIOSFODNN7EXAMPLE', Account: '123456789012' },
    Arn: 'arn:aws:iam::123456789012:user/sandbox',
  });
  expect(JSON.parse(role.stdout)).toMatchObject({
    AssumedRoleUser: { Arn: 'arn:aws:sts::210987654321:assumed-role/Lineage/nightly' },
    Credentials: {
      AccessKeyId: expect.stringMatching(/^ASIA[A-Z2-7]{16}$/),
      Expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    },
  });
  expect(JSON.parse(clusters.stdout)).toMatchObject({
    DBClusters: [
      {
        ...{ DBClusterIdentifier: 'sandbox', IAMDatabaseAuthenticationEnabled: true, Port: sandbox.port },
        AssociatedRoles: [{ Status: 'ACTIVE' }],
      },
    ],
  });
});
