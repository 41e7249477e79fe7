import { expect, test } from 'vitest';
import { denialRemedy, permissionLine } from '../../../src/runs/doctor/permission-line.ts';

const RESOURCES = {
  ...{
    partition: 'aws',
    region: 'us-east-1',
    account: '123456789012',
    bucket: 'lineage',
    prefix: 'nightly/',
  },
  ...{ key: 'arn:aws:kms:us-east-1:123456789012:key/k', clusterResourceId: 'cluster-ABC' },
};
const ROLE = 'arn:aws:sts::123456789012:assumed-role/Nightly/job';

/* The forms of a refusal are those of the IAM user guide, "Troubleshoot access denied error messages". */
test.each([
  [
    'because no identity-based policy allows the s3:PutObject action',
    'Allow s3:PutObject on arn:aws:s3:::lineage/nightly/* in the IAM policy of the role Nightly.',
  ],
  [
    'because no service control policy allows the s3:PutObject action',
    'Allow s3:PutObject on arn:aws:s3:::lineage/nightly/* in the service control policy.',
  ],
  [
    'because no permissions boundary allows the s3:PutObject action',
    'Allow s3:PutObject on arn:aws:s3:::lineage/nightly/* in the permissions boundary.',
  ],
  [
    'because no session policy allows the s3:PutObject action',
    'Allow s3:PutObject on arn:aws:s3:::lineage/nightly/* in the session policy.',
  ],
  [
    'because no VPC endpoint policy allows the s3:PutObject action',
    'Allow s3:PutObject on arn:aws:s3:::lineage/nightly/* in the VPC endpoint policy.',
  ],
  [
    'because no resource-based policy allows the s3:PutObject action',
    'Allow s3:PutObject on arn:aws:s3:::lineage/nightly/* in the resource-based policy.',
  ],
  [
    'with an explicit deny in a service control policy',
    'Take the explicit deny of s3:PutObject on arn:aws:s3:::lineage/nightly/* out of the service control policy.',
  ],
  [
    'with an explicit deny in an identity-based policy: arn:aws:iam::123456789012:policy/Guard',
    'Take the explicit deny of s3:PutObject on arn:aws:s3:::lineage/nightly/* out of the identity-based policy.',
  ],
  [
    'with an explicit deny in a permissions boundary',
    'Take the explicit deny of s3:PutObject on arn:aws:s3:::lineage/nightly/* out of the permissions boundary.',
  ],
  ['', 'Allow s3:PutObject on arn:aws:s3:::lineage/nightly/* in the IAM policy of the role Nightly.'],
])('a denial %j says where to mend it', (reason, remedy) => {
  const message = `User: ${ROLE} is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::lineage/nightly/x" ${reason}`;

  expect(denialRemedy('s3:PutObject', 'objects', { message }, RESOURCES)).toBe(remedy);
});

test('a denial that says nothing is the caller’s', () => {
  expect(denialRemedy('s3:ListBucket', 'bucket', { message: 'Access Denied' }, RESOURCES)).toBe(
    'Allow s3:ListBucket on arn:aws:s3:::lineage in the IAM policy of the caller.',
  );
});

test.each([
  ['everything', '*'],
  ['clusters', '*'],
  ['bucket', 'arn:aws:s3:::lineage'],
  ['objects', 'arn:aws:s3:::lineage/nightly/*'],
  ['key', 'arn:aws:kms:us-east-1:123456789012:key/k'],
  ['cluster data', 'arn:aws:neptune-db:us-east-1:123456789012:cluster-ABC/*'],
] as const)('a permission on %s is granted on %s', (scope, resource) => {
  const message = 'Access Denied';

  expect(denialRemedy('a:B', scope, { message }, RESOURCES)).toBe(
    `Allow a:B on ${resource} in the IAM policy of the caller.`,
  );
});

test('a service that refuses what was asked has let the caller in', () => {
  const failure = {
    ...({ kind: 'refused', name: 'ResourceNotFound' } as const),
    ...{ message: 'none', code: undefined, status: 400, cause: undefined },
  };

  expect(permissionLine('sagemaker:DescribeTrial', 'everything', { failure }, RESOURCES)).toEqual({
    ...{ check: 'sagemaker:DescribeTrial', verdict: 'ok', found: 'allowed' },
  });
});
